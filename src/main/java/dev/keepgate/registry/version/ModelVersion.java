package dev.keepgate.registry.version;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelDescription;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelStatus;
import dev.keepgate.registry.repository.Revision;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A version through its life. Readers see one {@link ModelInfo} after the other, each whole. */
public final class ModelVersion {

  /**
   * @param loaded the model; null where it does not serve
   */
  private record State(ModelInfo info, @Nullable LoadedModel loaded) {}

  private final @Nullable String stamp;
  private final AtomicBoolean removing = new AtomicBoolean();
  private final CountDownLatch settled = new CountDownLatch(1);
  private volatile State state;
  private volatile @Nullable Revision revision;
  private volatile boolean marked;

  /**
   * @param stamp what its files looked like when they were found; null where nobody looks again
   */
  ModelVersion(ModelId id, boolean builtIn, @Nullable String stamp) {
    this.stamp = stamp;
    this.state = new State(new ModelInfo(id, ModelStatus.START, null, null, null, builtIn), null);
  }

  public ModelId id() {
    return info().id();
  }

  public ModelInfo info() {
    return state.info();
  }

  public ModelStatus status() {
    return info().status();
  }

  /** Whether it was taken away, so that another may have its name and number. */
  public boolean isGone() {
    ModelInfo info = info();
    return info.status() == ModelStatus.UNLOADING
        || (info.status() == ModelStatus.END && info.error() == null);
  }

  /** Whether it could not be loaded. */
  boolean isBroken() {
    ModelInfo info = info();
    return info.status() == ModelStatus.END && info.error() != null;
  }

  public @Nullable String stamp() {
    return stamp;
  }

  /** Which making of its number it is; null where replicas share no catalog, or it has no files. */
  public @Nullable Revision revision() {
    return revision;
  }

  /** Whether the revision lies beside the files. */
  public boolean isMarked() {
    return marked;
  }

  public void revision(Revision known, boolean isMarked) {
    // In this order: who sees the mark sees its revision.
    revision = known;
    marked = isMarked;
  }

  /** Borrows the model; null where it does not serve, or no longer. */
  @Nullable ModelHandle tryAcquire() {
    State seen = state;
    LoadedModel loaded = seen.loaded();
    return loaded != null && loaded.tryHold() ? new VersionHandle(seen.info(), loaded) : null;
  }

  void loading() {
    become(ModelStatus.LOADING, null, null, null, null);
  }

  void available(LoadedModel loaded, ModelDescription description, Instant now) {
    become(ModelStatus.AVAILABLE, null, description, now, loaded);
  }

  void failed(String error) {
    become(ModelStatus.END, error, null, null, null);
  }

  /** Says that it is loaded; or that it could not be, and what was to come of that has. */
  void settle() {
    settled.countDown();
  }

  /** Waits until it is settled. */
  void awaitSettled() throws InterruptedException {
    settled.await();
  }

  /** Whether the caller, and nobody else, is to take this version away. */
  boolean claimRemoval() {
    return removing.compareAndSet(false, true);
  }

  /** Whether somebody is at taking it away. */
  boolean isRemovalClaimed() {
    return removing.get();
  }

  /** Takes {@link #claimRemoval()} back. */
  void unclaimRemoval() {
    removing.set(false);
  }

  /** Hands the model to nobody any more; whoever holds it last closes it. */
  void retire() {
    LoadedModel loaded = state.loaded();
    if (loaded == null) {
      throw new IllegalStateException(id() + " is " + status());
    }
    next(ModelStatus.UNLOADING);
    loaded.release();
  }

  /** After the model was closed. */
  void ended() {
    next(ModelStatus.END);
  }

  private void next(ModelStatus status) {
    ModelInfo info = info();
    become(status, info.error(), info.description(), info.loadedAt(), null);
  }

  private synchronized void become(
      ModelStatus status,
      @Nullable String error,
      @Nullable ModelDescription description,
      @Nullable Instant loadedAt,
      @Nullable LoadedModel loaded) {
    ModelInfo info = state.info();
    if (!info.status().canBecome(status)) {
      throw new IllegalStateException(
          "%s cannot go from %s to %s".formatted(info.id(), info.status(), status));
    }
    state =
        new State(
            new ModelInfo(info.id(), status, error, description, loadedAt, info.builtIn()), loaded);
  }
}

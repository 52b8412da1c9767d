package dev.keepgate.registry;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.model.ModelId;
import dev.keepgate.model.Signature;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A borrowed model. Its weights stay until every handle is closed, whatever becomes of the version
 * meanwhile. A handle may be passed from thread to thread; closing it again does nothing.
 */
public final class ModelHandle implements AutoCloseable {

  private final ModelInfo info;
  private final AtomicReference<@Nullable LoadedModel> held;

  /**
   * @param held on whom the caller has counted this handle as a holder
   */
  ModelHandle(ModelInfo info, LoadedModel held) {
    this.info = info;
    this.held = new AtomicReference<>(held);
  }

  public ModelId id() {
    return info.id();
  }

  /** The version as it was when it was borrowed. */
  public ModelInfo info() {
    return info;
  }

  /** What the model takes and answers. */
  public Signature signature() {
    return model().signature();
  }

  /**
   * The model, to be used only while this handle is open.
   *
   * @throws IllegalStateException if the handle was closed
   */
  public CompiledModel model() {
    return held().model();
  }

  /**
   * Tells the model from another of its name and number: a SHA-256 of the names and contents of its
   * files, in hexadecimal digits. Equal on every server that has the same files.
   *
   * @throws IllegalStateException if the handle was closed
   */
  public String digest() {
    return held().digest();
  }

  /** Whether both hold the same model in memory; not where one of them was closed. */
  public boolean isSameModel(ModelHandle other) {
    LoadedModel loaded = held.get();
    return loaded != null && loaded == other.held.get();
  }

  /**
   * What the model has been asked since it was loaded.
   *
   * @throws IllegalStateException if the handle was closed
   */
  public ModelStatistics statistics() {
    return held().statistics();
  }

  private LoadedModel held() {
    LoadedModel loaded = held.get();
    if (loaded == null) {
      throw new IllegalStateException("the handle of " + id() + " is closed");
    }
    return loaded;
  }

  /**
   * A second handle of the same model, closed on its own: for work that may outlast this one.
   *
   * @throws IllegalStateException if this handle was closed
   */
  public ModelHandle share() {
    LoadedModel loaded = held.get();
    if (loaded == null || !loaded.tryHold()) {
      throw new IllegalStateException("the handle of " + id() + " is closed");
    }
    return new ModelHandle(info, loaded);
  }

  @Override
  public void close() {
    LoadedModel loaded = held.getAndSet(null);
    if (loaded != null) {
      loaded.release();
    }
  }
}

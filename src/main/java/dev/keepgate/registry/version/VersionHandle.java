package dev.keepgate.registry.version;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelStatistics;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A handle that counts as a holder of a loaded model until it is closed. */
final class VersionHandle implements ModelHandle {

  private final ModelInfo info;
  private final AtomicReference<@Nullable LoadedModel> held;

  /**
   * @param held on whom the caller has counted this handle as a holder
   */
  VersionHandle(ModelInfo info, LoadedModel held) {
    this.info = info;
    this.held = new AtomicReference<>(held);
  }

  @Override
  public ModelInfo info() {
    return info;
  }

  @Override
  public CompiledModel model() {
    return held().model();
  }

  @Override
  public String digest() {
    return held().digest();
  }

  @Override
  public boolean isSameModel(ModelHandle other) {
    LoadedModel loaded = held.get();
    return loaded != null && other instanceof VersionHandle that && loaded == that.held.get();
  }

  @Override
  public ModelStatistics statistics() {
    return held().statistics();
  }

  private LoadedModel held() {
    LoadedModel loaded = held.get();
    if (loaded == null) {
      throw closed();
    }
    return loaded;
  }

  private IllegalStateException closed() {
    return new IllegalStateException("the handle of " + id() + " is closed");
  }

  @Override
  public ModelHandle share() {
    LoadedModel loaded = held.get();
    if (loaded == null || !loaded.tryHold()) {
      throw closed();
    }
    return new VersionHandle(info, loaded);
  }

  @Override
  public void close() {
    LoadedModel loaded = held.getAndSet(null);
    if (loaded != null) {
      loaded.release();
    }
  }
}

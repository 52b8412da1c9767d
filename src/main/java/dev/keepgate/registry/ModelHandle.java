package dev.keepgate.registry;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.model.ModelId;
import dev.keepgate.model.Signature;

/**
 * A borrowed model. Its weights stay until every handle is closed, whatever becomes of the version
 * meanwhile. A handle may be passed from thread to thread; closing it again does nothing.
 */
public interface ModelHandle extends AutoCloseable {

  /** The version as it was when it was borrowed. */
  ModelInfo info();

  default ModelId id() {
    return info().id();
  }

  /** What the model takes and answers. */
  default Signature signature() {
    return model().signature();
  }

  /**
   * The model, to be used only while this handle is open.
   *
   * @throws IllegalStateException if the handle was closed
   */
  CompiledModel model();

  /**
   * Tells the model from another of its name and number: a SHA-256 of the names and contents of its
   * files, in hexadecimal digits. Equal on every server that has the same files.
   *
   * @throws IllegalStateException if the handle was closed
   */
  String digest();

  /** Whether both hold the same model in memory; not where one of them was closed. */
  boolean isSameModel(ModelHandle other);

  /**
   * What the model has been asked since it was loaded.
   *
   * @throws IllegalStateException if the handle was closed
   */
  ModelStatistics statistics();

  /**
   * A second handle of the same model, closed on its own: for work that may outlast this one.
   *
   * @throws IllegalStateException if this handle was closed
   */
  ModelHandle share();

  @Override
  void close();
}

package dev.keepgate.registry;

import dev.keepgate.model.ModelId;
import java.util.List;
import java.util.OptionalLong;

/** All models of this server. For any number of threads. */
@SuppressWarnings("DoNotCallSuggester")
public final class ModelRegistry {

  /** Whether all models that were there at the start are loaded, or have failed to. */
  public boolean isReady() {
    throw new UnsupportedOperationException();
  }

  /**
   * Borrows a model. Takes no lock.
   *
   * @throws RegistryException.NotFound if there is no such model or version
   * @throws RegistryException.NotAvailable if there is, but it is still loading, or broken
   */
  public ModelHandle acquire(ModelRequest request) {
    throw new UnsupportedOperationException();
  }

  /** Every version, by name and number. */
  public List<ModelInfo> list() {
    throw new UnsupportedOperationException();
  }

  /**
   * The version that answers a request; where none does, the highest there is.
   *
   * @throws RegistryException.NotFound if there is no such model or version
   */
  public ModelInfo find(ModelRequest request) {
    throw new UnsupportedOperationException();
  }

  /** A folder for the files of a model to come, on the repository's disk. */
  public Upload newUpload() {
    throw new UnsupportedOperationException();
  }

  /**
   * Makes a version of the uploaded files: it is read, checked, compiled and warmed up, then made
   * durable, then serves.
   *
   * @param version its number; where it is empty, one more than the highest there is
   * @return the version, AVAILABLE
   * @throws IllegalArgumentException if this is no name or version that a model can have
   * @throws RegistryException if nothing came of it: any but NotFound and NotAvailable
   */
  public ModelInfo put(String name, OptionalLong version, Upload upload) {
    throw new UnsupportedOperationException();
  }

  /**
   * Reads and checks the uploaded files, and keeps nothing.
   *
   * @throws RegistryException.Rejected if they are not a model that can be served
   * @throws RegistryException.NoMemory if it would not fit
   */
  public ModelDescription inspect(Upload upload) {
    throw new UnsupportedOperationException();
  }

  /**
   * Takes a version away, from the disk and from new requests; who holds a handle finishes.
   *
   * @throws RegistryException.NotFound if there is none
   * @throws RegistryException.NotAvailable if it is still loading
   * @throws RegistryException.StorageFailure if the disk refuses; it then serves on
   */
  public void remove(ModelId id) {
    throw new UnsupportedOperationException();
  }

  /** Takes all versions of a name away; throws what {@link #remove(ModelId)} throws. */
  public void remove(String name) {
    throw new UnsupportedOperationException();
  }

  /** Bytes that loaded models hold, and those that are being loaded will. */
  public long memoryUsed() {
    throw new UnsupportedOperationException();
  }

  /** Bytes that models may hold together. */
  public long memoryBudget() {
    throw new UnsupportedOperationException();
  }
}

package dev.keepgate.registry;

import dev.keepgate.model.ModelId;
import dev.keepgate.model.ModelSettings;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** All models of this server. For any number of threads. */
public interface ModelRegistry extends AutoCloseable {

  /**
   * A version that serves what was put.
   *
   * @param created whether it was made now; else the same was put before
   */
  record Stored(ModelInfo info, boolean created) {}

  /** Whether all models that were there at the start are loaded, or have failed to. */
  boolean isReady();

  /** What is the matter with the repository's disk; null where models can be stored. */
  @Nullable StorageFault storageFault();

  /** Bytes that loaded models hold, and those that are being loaded will. */
  long memoryUsed();

  /** Bytes that models may hold together. */
  long memoryBudget();

  /**
   * Borrows a model. Takes no lock. A request that falls into the share of a label whose version
   * does not serve is answered as if that label had no weight.
   *
   * @throws RegistryException.NotFound if there is no such model or version
   * @throws RegistryException.NotAvailable if there is, but it is still loading, or broken
   */
  ModelHandle acquire(ModelRequest request);

  /**
   * Registers who is called with a handle to each version right before it is unloaded, and may keep
   * a share of it for what still needs the version. Not called when the server shuts down.
   */
  void beforeRetirement(Consumer<ModelHandle> borrower);

  /** Every version, by name and number. */
  List<ModelInfo> list();

  /**
   * The first versions by name and number that come after one, which need not exist.
   *
   * @param after null for the first of all
   * @param limit how many at most
   */
  List<ModelInfo> list(@Nullable ModelId after, int limit);

  /** The versions that were unloaded on demand, by name and number. */
  List<ModelId> unloaded();

  /**
   * The version that answers a request; where none does, the one that comes nearest to it.
   *
   * @throws RegistryException.NotFound if there is no such model or version
   */
  ModelInfo find(ModelRequest request);

  /** As {@link #newUpload(long)}, where it is not known how much will come. */
  default Upload newUpload() {
    return newUpload(0);
  }

  /**
   * A folder for the files of a model to come, on the repository's disk.
   *
   * @param bytes that will come; 0 where that is not known
   * @throws RegistryException.StorageFailure if the disk refuses, or has no room for so many
   */
  Upload newUpload(long bytes);

  /**
   * Reads and checks the uploaded files, and keeps nothing.
   *
   * @param upload of this registry
   * @throws RegistryException.Rejected if they are not a model that can be served
   * @throws RegistryException.NoMemory if it would not fit
   * @throws RegistryException.StorageFailure if the disk fails
   */
  ModelDescription inspect(Upload upload);

  /**
   * Makes a version of the uploaded files: it is read, checked, compiled and warmed up, then made
   * durable, then serves. Where a version serves that was made of the same files and configuration,
   * there is nothing to do: a put that is tried again is harmless.
   *
   * @param version its number; where it is empty, one more than the highest there is
   * @param upload of this registry
   * @return the version, AVAILABLE
   * @throws IllegalArgumentException if this is no name or version that a model can have
   * @throws RegistryException if nothing came of it: any but NotFound; NotAvailable only where
   *     another replica has stored the same, and this one has not yet
   */
  Stored put(String name, OptionalLong version, Upload upload);

  /**
   * Makes a new version of another's files that tells otherwise what is not usual: versions do not
   * change.
   *
   * @param of an open handle of the other
   * @throws RegistryException as {@link #put}; NotFound where the other's files are gone or have
   *     changed
   */
  Stored derive(ModelHandle of, ModelSettings.Detection detection);

  /**
   * Takes a version away, from the disk and from new requests; who holds a handle finishes. Of one
   * that is built in, the disk keeps that it was removed.
   *
   * @throws RegistryException.NotFound if there is none
   * @throws RegistryException.NotAvailable if it is still loading
   * @throws RegistryException.VersionLabelled if a label stands for it
   * @throws RegistryException.StorageFailure if the disk refuses; it then serves on
   * @throws RegistryException.ReplicasUnavailable if the other replicas cannot be told; likewise
   */
  void remove(ModelId id);

  /** Takes all versions of a name away; throws what {@link #remove(ModelId)} throws. */
  void remove(String name);

  /**
   * A model's labels and what they stand for; empty where it has none.
   *
   * @throws RegistryException.NotFound if there is no such model
   */
  SortedMap<String, VersionLabel> labels(String name);

  /** The labels that stand for a version, and what they say of it. */
  SortedMap<String, VersionLabel> labels(ModelId id);

  /**
   * What a label stands for.
   *
   * @throws RegistryException.NotFound if there is no such model
   * @throws RegistryException.NoLabel if it has no such label
   */
  default VersionLabel labelled(String name, String label) {
    SortedMap<String, VersionLabel> labels = labels(name);
    VersionLabel target = labels.get(label);
    if (target == null) {
      throw new RegistryException.NoLabel(name, label, labels.keySet());
    }
    return target;
  }

  /**
   * The shadows of a version; none where another serves what names neither version nor label. Takes
   * no lock.
   */
  List<Shadow> shadows(ModelId served);

  /**
   * Makes a label stand for a version, in the place of any other, durably: a request before finds
   * the former, one after finds this one, and none finds neither. What weight and shadow the label
   * had are no more.
   *
   * @throws RegistryException.NotFound if there is no such version
   * @throws RegistryException.NotAvailable if it does not serve
   * @throws RegistryException.TooManyLabels if the model has as many as may be
   * @throws RegistryException.TooMuchWeight if the weights of the model's labels exceed 1 with it
   * @throws RegistryException.StorageFailure if the disk refuses; nothing has changed then
   */
  void label(String name, String label, VersionLabel target);

  /**
   * Takes a label away.
   *
   * @throws RegistryException.NoLabel if the model has no such label
   * @throws RegistryException.StorageFailure if the disk refuses; nothing has changed then
   */
  void unlabel(String name, String label);

  /**
   * Loads what there is of a name and is not loaded, and returns when that serves. What serves
   * already is not read again.
   *
   * @throws RegistryException.NotFound if there is nothing
   * @throws RegistryException.NotAvailable if a version could not be loaded
   * @throws RegistryException.StorageFailure if the repository cannot be read
   */
  void load(String name);

  /**
   * Takes all versions of a name out of the memory, and leaves them on the disk; who holds a handle
   * finishes. They come back by {@link #load(String)}, or when the server starts again.
   *
   * @throws RegistryException.NotFound if none is loaded
   * @throws RegistryException.NotAvailable if one is still loading
   */
  void unload(String name);

  /** Takes all models out of the memory, and no more in; the repository stays as it is. */
  @Override
  void close() throws IOException;
}

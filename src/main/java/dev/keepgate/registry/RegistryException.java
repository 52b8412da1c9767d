package dev.keepgate.registry;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.ModelId;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Why the registry could not do what it was asked to. */
public abstract sealed class RegistryException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private RegistryException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** There is no such model or version. */
  public static final class NotFound extends RegistryException {
    private static final long serialVersionUID = 1L;
    private final String name;
    private final transient OptionalLong version;
    private final transient List<Long> versions;

    public NotFound(String name, OptionalLong version, List<Long> versions) {
      super(
          versions.isEmpty()
              ? "there is no model '" + name + "'"
              : "model '%s' has no version %s, only %s"
                  .formatted(
                      name, version.isPresent() ? version.getAsLong() : "to serve", versions),
          null);
      this.name = name;
      this.version = version;
      this.versions = List.copyOf(versions);
    }

    public String name() {
      return name;
    }

    /** The version that was asked for; empty where any would have done. */
    public OptionalLong version() {
      return version;
    }

    /** The versions that there are; empty where the name is unknown. */
    public List<Long> versions() {
      return versions;
    }
  }

  /** The version exists but does not serve: it is still loading, on its way out, or broken. */
  public static final class NotAvailable extends RegistryException {
    private static final long serialVersionUID = 1L;
    private final transient ModelId id;
    private final ModelStatus status;

    public NotAvailable(ModelId id, ModelStatus status, @Nullable String error) {
      super("model %s is %s%s".formatted(id, status, error == null ? "" : ": " + error), null);
      this.id = id;
      this.status = status;
    }

    public ModelId id() {
      return id;
    }

    /** Where the version stands; END where it could not be loaded. */
    public ModelStatus status() {
      return status;
    }

    /** Whether the same request may succeed later without anybody's doing. */
    public boolean isPassing() {
      return status == ModelStatus.START || status == ModelStatus.LOADING;
    }
  }

  /** The version to be made exists already. */
  public static final class VersionExists extends RegistryException {
    private static final long serialVersionUID = 1L;
    private final transient ModelId id;

    public VersionExists(ModelId id, boolean builtIn) {
      super(
          "model "
              + id
              + (builtIn
                  ? " exists already: it is built in"
                  : " exists already, of other files or another configuration"),
          null);
      this.id = id;
    }

    public ModelId id() {
      return id;
    }
  }

  /** The model has no such label. */
  public static final class NoLabel extends RegistryException {
    private static final long serialVersionUID = 1L;

    public NoLabel(String name, String label, Set<String> labels) {
      super(
          "model '%s' has no label '%s', %s"
              .formatted(name, label, labels.isEmpty() ? "nor any other" : "only " + labels),
          null);
    }
  }

  /** The version to be removed is one that labels stand for. */
  public static final class VersionLabelled extends RegistryException {
    private static final long serialVersionUID = 1L;

    /**
     * @param version null where all of the model were to go
     */
    public VersionLabelled(String name, @Nullable Long version, List<String> labels) {
      super(
          "model '%s'%s has the labels %s: let them stand for another version, or delete them first"
              .formatted(name, version == null ? "" : " version " + version, labels),
          null);
    }
  }

  /** The model has as many labels as the configuration allows. */
  public static final class TooManyLabels extends RegistryException {
    private static final long serialVersionUID = 1L;

    public TooManyLabels(String name, int limit) {
      super("model '%s' has as many labels as are allowed: %d".formatted(name, limit), null);
    }
  }

  /** The weights of a model's labels would exceed 1. */
  public static final class TooMuchWeight extends RegistryException {
    private static final long serialVersionUID = 1L;

    /**
     * @param others what the other labels have together
     */
    public TooMuchWeight(String name, double others) {
      super(
          "the other labels of model '%s' have weights of %s together, which leaves less"
              .formatted(name, (float) others),
          null);
    }
  }

  /** The file or its configuration is not a model that can be served. */
  public static final class Rejected extends RegistryException {
    private static final long serialVersionUID = 1L;
    private final ImportException.Fault fault;
    private final transient List<ImportException.Problem> problems;

    public Rejected(ImportException cause) {
      super(String.valueOf(cause.getMessage()), cause);
      this.fault = cause.fault();
      this.problems = cause.problems();
    }

    public ImportException.Fault fault() {
      return fault;
    }

    public List<ImportException.Problem> problems() {
      return problems;
    }
  }

  /** The model does not fit into the memory that is left for models. All in bytes. */
  public static final class NoMemory extends RegistryException {
    private static final long serialVersionUID = 1L;
    private final long needed;
    private final long free;
    private final long budget;

    public NoMemory(String purpose, long needed, long free, long budget) {
      super(
          "%s needs %,d bytes, %,d of %,d are free".formatted(purpose, needed, free, budget), null);
      this.needed = needed;
      this.free = free;
      this.budget = budget;
    }

    public long needed() {
      return needed;
    }

    public long free() {
      return free;
    }

    public long budget() {
      return budget;
    }
  }

  /** As many versions are known as the configuration allows. */
  public static final class TooManyVersions extends RegistryException {
    private static final long serialVersionUID = 1L;
    private final int limit;

    public TooManyVersions(int limit) {
      super("there are as many versions as are allowed: " + limit, null);
      this.limit = limit;
    }

    public int limit() {
      return limit;
    }
  }

  /** The version to be changed lies where the server must not change anything. */
  public static final class Unchangeable extends RegistryException {
    private static final long serialVersionUID = 1L;

    public Unchangeable(String name, String reason) {
      super("model '%s' cannot be changed: %s".formatted(name, reason), null);
    }
  }

  /** No number is left above a model's highest version. */
  public static final class NoNumberLeft extends RegistryException {
    private static final long serialVersionUID = 1L;

    public NoNumberLeft(String name) {
      super(
          ("model '%s' has version %d, the highest there can be; name a version that is free, or"
                  + " remove that one")
              .formatted(name, ModelId.MAX_VERSION),
          null);
    }
  }

  /** The disk failed, is full or may not be written; what was under way left nothing behind. */
  public static final class StorageFailure extends RegistryException {
    private static final long serialVersionUID = 1L;
    private final StorageFault fault;

    public StorageFailure(String doing, StorageFault fault, @Nullable IOException cause) {
      super(doing + ": " + fault.remedy(), cause);
      this.fault = fault;
    }

    public StorageFault fault() {
      return fault;
    }
  }

  /** The catalog that replicas share cannot be asked now; nothing is half done. */
  public static final class ReplicasUnavailable extends RegistryException {
    private static final long serialVersionUID = 1L;

    public ReplicasUnavailable(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** The storage by which replicas pass models on has no room for one more. */
  public static final class SharedStorageFull extends RegistryException {
    private static final long serialVersionUID = 1L;

    public SharedStorageFull(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}

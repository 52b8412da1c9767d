package dev.keepgate.registry.version;

import dev.keepgate.model.ModelId;
import dev.keepgate.model.ModelSettings;
import dev.keepgate.registry.ModelDescription;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelListener;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.ModelStatus;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.RegistryProperties;
import dev.keepgate.registry.Shadow;
import dev.keepgate.registry.StorageFault;
import dev.keepgate.registry.Upload;
import dev.keepgate.registry.VersionLabel;
import dev.keepgate.registry.repository.BuiltInModels;
import dev.keepgate.registry.repository.LabelFiles;
import dev.keepgate.registry.repository.ModelRepository;
import dev.keepgate.registry.repository.UploadFolder;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registry of the models that lie in a repository.
 *
 * <p>A version is claimed in memory before anything else, so that two that bring the same one do
 * not both load it; it enters the disk before it serves, and leaves the disk before it ceases to.
 */
public final class RepositoryModelRegistry implements ModelRegistry {

  private static final Logger log = LoggerFactory.getLogger(RepositoryModelRegistry.class);

  private final ModelRepository repository;
  private final MemoryBudget budget;
  private final VersionTable versions;
  private final VersionStorage storage;
  private final FoundVersions found;
  private final UploadedVersions uploaded;
  private final LabelChanges labels;
  private final LoadThreads threads = new LoadThreads();
  private final int loadParallelism;

  public RepositoryModelRegistry(
      RegistryProperties properties,
      LoadTools tools,
      List<ModelListener> listeners,
      VersionStorage storage,
      Clock clock) {
    this.storage = storage;
    this.repository = storage.repository();
    this.loadParallelism = properties.repository().loadParallelism();
    this.budget = new MemoryBudget(properties.memoryBudgetBytes());
    ModelLoader loader =
        new ModelLoader(
            tools,
            properties.importLimits().toImportLimits(),
            budget,
            new ImportMemory(properties.importMemoryBytes()));
    VersionLabels labels =
        new VersionLabels(new LabelFiles(repository), properties.repository().maxLabels());
    this.versions =
        new VersionTable(properties.repository().maxVersions(), labels, listeners, clock);
    LoadContext context = new LoadContext(storage, loader, versions, labels, threads);
    this.labels = new LabelChanges(context);
    this.found = new FoundVersions(context);
    this.uploaded = new UploadedVersions(context);
  }

  /** For whoever looks for versions in the folder or on other replicas, at the start and later. */
  public FoundVersions found() {
    return found;
  }

  @Override
  public boolean isReady() {
    return versions.isReady();
  }

  @Override
  public @Nullable StorageFault storageFault() {
    return repository.fault();
  }

  @Override
  public long memoryUsed() {
    return budget.used();
  }

  @Override
  public long memoryBudget() {
    return budget.total();
  }

  @Override
  public ModelHandle acquire(ModelRequest request) {
    return versions.acquire(request);
  }

  @Override
  public void beforeRetirement(Consumer<ModelHandle> borrower) {
    versions.beforeRetirement(borrower);
  }

  @Override
  public List<ModelInfo> list() {
    return versions.now().all().stream().map(ModelVersion::info).toList();
  }

  @Override
  public List<ModelInfo> list(@Nullable ModelId after, int limit) {
    return versions.now().after(after).limit(limit).map(ModelVersion::info).toList();
  }

  @Override
  public ModelInfo find(ModelRequest request) {
    return versions.find(request).info();
  }

  @Override
  public Upload newUpload(long bytes) {
    try {
      return repository.newUpload(bytes);
    } catch (IOException e) {
      throw repository.failure("could not make room for an upload", e);
    }
  }

  @Override
  public ModelDescription inspect(Upload upload) {
    return uploaded.inspect(own(upload));
  }

  @Override
  public Stored put(String name, OptionalLong version, Upload upload) {
    return uploaded.put(name, version, own(upload));
  }

  @Override
  public Stored derive(ModelHandle of, ModelSettings.Detection detection) {
    return uploaded.derive(of, detection);
  }

  private static UploadFolder own(Upload upload) {
    if (upload instanceof UploadFolder folder) {
      return folder;
    }
    throw new IllegalArgumentException("the upload was not made by this registry");
  }

  @Override
  public void remove(ModelId id) {
    ModelVersion version = versions.now().find(id);
    if (version == null || version.isGone()) {
      removeUnloaded(id);
      return;
    }
    requireLoaded(version);
    if (!labels.claimRemoval(version)) {
      throw versions.notFound(new ModelRequest.Specific(id));
    }
    try {
      storage.remove(version);
    } catch (IOException e) {
      version.unclaimRemoval();
      throw repository.failure("could not remove model " + id, e);
    } catch (RuntimeException e) {
      version.unclaimRemoval();
      throw e;
    }
    versions.retire(version);
  }

  private void removeUnloaded(ModelId id) {
    labels.requireUnlabelled(id.name(), id.version());
    if (!versions.unloaded().remove(id)) {
      throw versions.notFound(new ModelRequest.Specific(id));
    }
    try {
      repository.requirePresent();
      if (!repository.exists(id) && !BuiltInModels.IDS.contains(id)) {
        throw versions.notFound(new ModelRequest.Specific(id));
      }
      repository.requireOwn(id.name());
      storage.remove(id, repository.revision(id));
    } catch (RegistryException.NotFound e) {
      throw e;
    } catch (IOException e) {
      versions.unloaded().add(id);
      throw repository.failure("could not remove model " + id, e);
    } catch (RuntimeException e) {
      versions.unloaded().add(id);
      throw e;
    }
  }

  @Override
  public void remove(String name) {
    List<ModelVersion> present = versions.present(name);
    List<ModelId> absent = unloaded().stream().filter(id -> id.name().equals(name)).toList();
    if (present.isEmpty() && absent.isEmpty()) {
      throw versions.notFound(ModelRequest.latest(name));
    }
    labels.requireUnlabelled(name, null);
    present.forEach(RepositoryModelRegistry::requireLoaded);
    absent.forEach(this::removeUnloaded);
    for (ModelVersion version : present) {
      try {
        remove(version.id());
      } catch (RegistryException.NotFound e) {
        log.debug("{} was removed by another", version.id());
      }
    }
  }

  @Override
  public SortedMap<String, VersionLabel> labels(String name) {
    return labels.of(name);
  }

  @Override
  public SortedMap<String, VersionLabel> labels(ModelId id) {
    return labels.of(id);
  }

  @Override
  public void label(String name, String label, VersionLabel target) {
    labels.put(name, label, target);
  }

  @Override
  public List<Shadow> shadows(ModelId served) {
    return versions.shadows(served);
  }

  @Override
  public void unlabel(String name, String label) {
    labels.remove(name, label);
  }

  @Override
  public List<ModelId> unloaded() {
    return versions.unloaded().stream().sorted().toList();
  }

  @Override
  public void load(String name) {
    List<ModelVersion> claimed = new ArrayList<>();
    stamps(name).forEach((id, stamp) -> claimInto(claimed, found.claim(id, stamp == null, stamp)));
    found.load(claimed, loadParallelism, () -> {}).join();
    if (versions.present(name).isEmpty()) {
      throw versions.notFound(ModelRequest.latest(name));
    }
    for (ModelVersion version : claimed) {
      ModelInfo info = version.info();
      if (version.isBroken()) {
        throw new RegistryException.NotAvailable(info.id(), info.status(), info.error());
      }
    }
  }

  private void claimInto(List<ModelVersion> claimed, @Nullable ModelVersion version) {
    if (version != null) {
      versions.unloaded().remove(version.id());
      claimed.add(version);
    }
  }

  /** The versions of a name that can be loaded; those that are built in have no stamp. */
  private Map<ModelId, @Nullable String> stamps(String name) {
    Map<ModelId, @Nullable String> stamps = new TreeMap<>();
    try {
      stamps.putAll(repository.scan(name));
    } catch (IOException e) {
      throw repository.failure("could not read the repository", e);
    }
    if (stamps.isEmpty()) {
      BuiltInModels.IDS.stream()
          .filter(id -> id.name().equals(name) && versions.unloaded().contains(id))
          .forEach(id -> stamps.put(id, null));
    }
    return stamps;
  }

  @Override
  public void unload(String name) {
    List<ModelVersion> present = versions.present(name);
    if (present.isEmpty()) {
      throw versions.notFound(ModelRequest.latest(name));
    }
    present.forEach(RepositoryModelRegistry::requireLoaded);
    for (ModelVersion version : present) {
      if (version.claimRemoval()) {
        versions.unloaded().add(version.id());
        versions.retire(version);
      }
    }
  }

  private static void requireLoaded(ModelVersion version) {
    ModelStatus status = version.status();
    if (status == ModelStatus.START || status == ModelStatus.LOADING) {
      throw new RegistryException.NotAvailable(version.id(), status, null);
    }
  }

  @Override
  public void close() throws IOException {
    threads.close();
    versions.close();
    repository.close();
  }
}

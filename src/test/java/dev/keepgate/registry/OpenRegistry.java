package dev.keepgate.registry;

import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.Importers;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.model.LstmInput;
import dev.keepgate.model.LstmState;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/** A registry over a folder, started as the server starts it. */
final class OpenRegistry implements AutoCloseable {

  private static final DataSize MIN_FREE = DataSize.ofBytes(0);

  final RepositoryModelRegistry models;
  final RepositoryWatch watch;

  private OpenRegistry(RepositoryModelRegistry models, RepositoryWatch watch) {
    this.models = models;
    this.watch = watch;
  }

  static OpenRegistry start(Path root, LstmKernel kernel) throws IOException {
    return start(root, kernel, RegistryProperties.BuiltIn.NEVER, DataSize.ofMegabytes(64));
  }

  static OpenRegistry start(
      Path root, LstmKernel kernel, RegistryProperties.BuiltIn builtIn, DataSize budget)
      throws IOException {
    OpenRegistry registry = begin(root, kernel, builtIn, budget);
    registry.watch.startUp().join();
    return registry;
  }

  /** Starts it over a folder that holds a model of this name itself. */
  static OpenRegistry startSingle(Path root, LstmKernel kernel, String singleModel)
      throws IOException {
    OpenRegistry registry =
        begin(
            new RegistryProperties.Repository(
                root, null, 4, 100, RegistryProperties.BuiltIn.AUTO, singleModel, MIN_FREE),
            kernel,
            DataSize.ofMegabytes(64));
    registry.watch.startUp().join();
    return registry;
  }

  /** Starts it, and does not wait for its models. */
  static OpenRegistry begin(
      Path root, LstmKernel kernel, RegistryProperties.BuiltIn builtIn, DataSize budget)
      throws IOException {
    return begin(
        new RegistryProperties.Repository(root, null, 4, 100, builtIn, null, MIN_FREE),
        kernel,
        budget);
  }

  /** Starts it as one of the replicas that agree on a catalog, and does not wait. */
  static OpenRegistry begin(
      Path root,
      LstmKernel kernel,
      RegistryProperties.BuiltIn builtIn,
      DataSize budget,
      SharedCatalog catalog,
      ReplicaListener listener)
      throws IOException {
    return begin(
        new RegistryProperties.Repository(root, null, 4, 100, builtIn, null, MIN_FREE),
        kernel,
        budget,
        catalog,
        listener);
  }

  private static OpenRegistry begin(
      RegistryProperties.Repository repository, LstmKernel kernel, DataSize budget)
      throws IOException {
    return begin(repository, kernel, budget, null, new ReplicaListener() {});
  }

  private static OpenRegistry begin(
      RegistryProperties.Repository repository,
      LstmKernel kernel,
      DataSize budget,
      @Nullable SharedCatalog catalog,
      ReplicaListener listener)
      throws IOException {
    RegistryProperties properties =
        new RegistryProperties(
            repository,
            budget,
            DataSize.ofMegabytes(256),
            new RegistryProperties.Limits(DataSize.ofMegabytes(64), DataSize.ofMegabytes(1), 1000));
    ModelRepository folder = ModelRepository.open(repository);
    ReplicatedStorage replicated = catalog == null ? null : new ReplicatedStorage(folder, catalog);
    RepositoryModelRegistry models =
        new RepositoryModelRegistry(
            properties,
            kernel,
            Importers.standard(ImportLimits.DEFAULT),
            List.of(),
            replicated == null ? VersionStorage.local(folder) : replicated,
            Clock.systemUTC());
    FoundVersions found = models.found();
    Reconciler reconciler =
        catalog == null || replicated == null
            ? null
            : new Reconciler(
                found,
                replicated,
                new Replication(found, folder, catalog, List.of(listener)),
                Duration.ofMillis(100),
                4);
    RepositoryWatch watch = new RepositoryWatch(models, folder, repository, reconciler);
    watch.start();
    return new OpenRegistry(models, watch);
  }

  ModelInfo put(String name, long version, byte[] file) throws IOException {
    return put(name, OptionalLong.of(version), file);
  }

  ModelInfo put(String name, OptionalLong version, byte[] file) throws IOException {
    try (Upload upload = models.newUpload()) {
      try (OutputStream out = upload.newFile("model.safetensors")) {
        out.write(file);
      }
      return models.put(name, version, upload).info();
    }
  }

  /** One step of ones, from zero. */
  static float[] step(ModelHandle handle, LstmKernel kernel) {
    float[] x = new float[handle.config().inputSize()];
    java.util.Arrays.fill(x, 1);
    LstmInput input = new LstmInput(1, 1, x, null, null, LstmState.zero(handle.config(), 1));
    try (LstmKernel.Scratch scratch = kernel.newScratch()) {
      return handle.model().unroll(input, true, false, scratch).output();
    }
  }

  @Override
  public void close() throws IOException {
    watch.stop();
    models.close();
  }
}

package dev.keepgate.registry.version;

import dev.keepgate.importer.ImportLimits;
import dev.keepgate.inference.ExpectedAnswersCheck;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.registry.ImporterConfiguration;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelListener;
import dev.keepgate.registry.RegistryProperties;
import dev.keepgate.registry.Upload;
import dev.keepgate.registry.repository.ModelRepository;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/** A registry over a folder, started as the server starts it. */
public final class OpenRegistry implements AutoCloseable {

  private static final DataSize MIN_FREE = DataSize.ofBytes(0);

  public final RepositoryModelRegistry models;
  final RepositoryWatch watch;

  /** The labels that requests of their share could not go to, with their models, in order. */
  final List<String> passedOver;

  private OpenRegistry(
      RepositoryModelRegistry models, RepositoryWatch watch, List<String> passedOver) {
    this.models = models;
    this.watch = watch;
    this.passedOver = passedOver;
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
                root, null, 4, 100, RegistryProperties.BuiltIn.AUTO, singleModel, MIN_FREE, 100),
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
        new RegistryProperties.Repository(root, null, 4, 100, builtIn, null, MIN_FREE, 100),
        kernel,
        budget);
  }

  /** What joins a registry with its replicas. */
  public interface Sharing {
    VersionStorage storage(ModelRepository repository);

    @Nullable Reconciliation reconciliation(FoundVersions found);
  }

  private static final Sharing ALONE =
      new Sharing() {
        @Override
        public VersionStorage storage(ModelRepository repository) {
          return VersionStorage.local(repository);
        }

        @Override
        public @Nullable Reconciliation reconciliation(FoundVersions found) {
          return null;
        }
      };

  /** Starts it as one of many replicas, and does not wait. */
  public static OpenRegistry begin(
      Path root,
      LstmKernel kernel,
      RegistryProperties.BuiltIn builtIn,
      DataSize budget,
      Sharing sharing)
      throws IOException {
    return begin(
        new RegistryProperties.Repository(root, null, 4, 100, builtIn, null, MIN_FREE, 100),
        kernel,
        budget,
        sharing);
  }

  private static OpenRegistry begin(
      RegistryProperties.Repository repository, LstmKernel kernel, DataSize budget)
      throws IOException {
    return begin(repository, kernel, budget, ALONE);
  }

  private static OpenRegistry begin(
      RegistryProperties.Repository repository, LstmKernel kernel, DataSize budget, Sharing sharing)
      throws IOException {
    RegistryProperties properties =
        new RegistryProperties(
            repository,
            budget,
            DataSize.ofMegabytes(256),
            new RegistryProperties.Limits(
                DataSize.ofMegabytes(64),
                DataSize.ofMegabytes(1),
                1000,
                100,
                DataSize.ofMegabytes(1)));
    ModelRepository folder = ModelRepository.open(repository);
    List<String> passedOver = new CopyOnWriteArrayList<>();
    RepositoryModelRegistry models =
        new RepositoryModelRegistry(
            properties,
            new LoadTools(
                ImporterConfiguration.importers(ImportLimits.DEFAULT),
                kernel,
                new ExpectedAnswersCheck(1 << 20)),
            List.of(
                new ModelListener() {
                  @Override
                  public void passedOver(String model, String label) {
                    passedOver.add(model + " " + label);
                  }
                }),
            sharing.storage(folder),
            Clock.systemUTC());
    RepositoryWatch watch =
        new RepositoryWatch(models, folder, repository, sharing.reconciliation(models.found()));
    watch.start();
    return new OpenRegistry(models, watch, passedOver);
  }

  public ModelInfo put(String name, long version, byte[] file) throws IOException {
    return put(name, OptionalLong.of(version), file);
  }

  public ModelInfo put(String name, OptionalLong version, byte[] file) throws IOException {
    try (Upload upload = models.newUpload()) {
      try (OutputStream out = upload.newFile("model.safetensors")) {
        out.write(file);
      }
      return models.put(name, version, upload).info();
    }
  }

  /** One step of ones, from zero. */
  public static float[] step(ModelHandle handle, LstmKernel kernel) {
    float[] x = new float[handle.signature().inputSize()];
    java.util.Arrays.fill(x, 1);
    NetworkInput input =
        new NetworkInput(1, 1, x, null, null, RecurrentState.zero(handle.signature().state(), 1));
    try (LstmKernel.Scratch scratch = kernel.newScratch()) {
      return handle.model().unroll(input, true, false, scratch).output();
    }
  }

  /** Waits until the models that are here at the start are loaded. */
  public void awaitStartUp() {
    watch.startUp().join();
  }

  @Override
  public void close() throws IOException {
    watch.stop();
    models.close();
  }
}

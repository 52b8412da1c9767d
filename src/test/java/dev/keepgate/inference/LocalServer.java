package dev.keepgate.inference;

import dev.keepgate.ModelBytes;
import dev.keepgate.batch.BatchProperties;
import dev.keepgate.batch.BatchScheduler;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.listener.Listeners;
import dev.keepgate.memory.InFlightMemory;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ImporterConfiguration;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.RegistryProperties;
import dev.keepgate.registry.Upload;
import dev.keepgate.registry.repository.ModelRepository;
import dev.keepgate.registry.version.LoadTools;
import dev.keepgate.registry.version.RepositoryModelRegistry;
import dev.keepgate.registry.version.VersionStorage;
import dev.keepgate.security.Caller;
import dev.keepgate.sequence.SequenceListener;
import dev.keepgate.sequence.SequenceProperties;
import dev.keepgate.sequence.SequenceStore;
import dev.keepgate.tensor.Tensor;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.util.unit.DataSize;

/** What a server has below its protocols, over a store that other servers may use. */
public final class LocalServer implements AutoCloseable {

  /** What errors of its calls point at. */
  public static final InferenceRequest.Fields FIELDS =
      new InferenceRequest.Fields(name -> "/x", slot -> "/state/" + slot, "/lengths");

  public static final ModelId MODEL = new ModelId("lstm", 1);

  /** How many numbers its model takes a step. */
  public static final int INPUT = 3;

  public final ModelRegistry registry;
  public final Sequences sequences;
  private final BatchScheduler scheduler;
  private final Inference inference;

  LocalServer(Path folder, SequenceStore store) throws IOException {
    this(folder, store, properties(), new SequenceListener() {}, 1);
  }

  /** A server of so many workers. */
  public LocalServer(
      Path folder,
      SequenceStore store,
      SequenceProperties keeping,
      SequenceListener listener,
      int workers)
      throws IOException {
    LstmKernel kernel = new ReferenceKernel();
    RegistryProperties properties =
        new RegistryProperties(
            new RegistryProperties.Repository(
                folder,
                null,
                4,
                100,
                RegistryProperties.BuiltIn.NEVER,
                null,
                DataSize.ofBytes(0),
                100),
            DataSize.ofMegabytes(64),
            DataSize.ofMegabytes(64),
            new RegistryProperties.Limits(
                DataSize.ofMegabytes(64),
                DataSize.ofMegabytes(1),
                1000,
                100,
                DataSize.ofMegabytes(1)));
    registry =
        new RepositoryModelRegistry(
            properties,
            new LoadTools(
                ImporterConfiguration.importers(ImportLimits.DEFAULT),
                kernel,
                new ExpectedAnswersCheck(1 << 20)),
            List.of(),
            VersionStorage.local(ModelRepository.open(properties.repository())),
            Clock.systemUTC());
    scheduler =
        new BatchScheduler(
            kernel,
            new BatchProperties(
                workers, 64, Duration.ofMillis(1), 8, Duration.ZERO, Duration.ofMillis(1)),
            List.of());
    InferenceProperties inferring =
        new InferenceProperties(
            DataSize.ofMegabytes(8), null, Duration.ofSeconds(1), 100, 100, Duration.ofMillis(50));
    Computation computation = new Computation(scheduler, inferring, ShadowRequests.NONE);
    sequences =
        new Sequences(
            registry,
            computation,
            store,
            keeping,
            new Listeners<>(List.of(listener)),
            Clock.systemUTC());
    inference =
        new Inference(
            registry,
            computation,
            sequences,
            new InFlightMemory(16 << 20, Duration.ofMillis(1)),
            inferring,
            ObservationRegistry.NOOP);
  }

  /** The settings of sequences as they are unless somebody sets them. */
  public static SequenceProperties properties() {
    return new Binder(new MapConfigurationPropertySource())
        .bindOrCreate("keepgate.sequences", SequenceProperties.class)
        .within(1 << 20);
  }

  /** Puts a model whose weights are drawn by a seed. */
  public void put(long seed) throws IOException {
    put(MODEL, seed);
  }

  /** Puts a version of a model whose weights are drawn by a seed. */
  public void put(ModelId id, long seed) throws IOException {
    try (Upload upload = registry.newUpload()) {
      try (OutputStream out = upload.newFile("model.safetensors")) {
        out.write(ModelBytes.pytorch(INPUT, 4, seed));
      }
      registry.put(id.name(), OptionalLong.of(id.version()), upload);
    }
  }

  public ModelHandle acquire() {
    return registry.acquire(new ModelRequest.Specific(MODEL));
  }

  SequenceInfo open(String id, long step) {
    return open(MODEL, id, step);
  }

  /** Opens a sequence of a version. */
  public SequenceInfo open(ModelId model, String id, long step) {
    try (ModelHandle handle = registry.acquire(new ModelRequest.Specific(model))) {
      return sequences.open(
          handle, new OpenRequest(id, 1, step, null, null, FIELDS), Caller.ANYBODY);
    }
  }

  /** Takes a sequence so many steps on, all of ones. */
  public InferenceResult advance(String id, int time, OptionalLong number) {
    float[] x = new float[time * INPUT];
    Arrays.fill(x, 1);
    return advance(id, x, number, null);
  }

  /**
   * Takes a sequence one step on, or several.
   *
   * @param x a row of inputs a step
   * @param number of the last step, where the caller numbers them
   */
  public InferenceResult advance(
      String id, float[] x, OptionalLong number, @Nullable Duration deadline) {
    int time = x.length / INPUT;
    Operation operation = time == 1 ? Operation.STEP : Operation.UNROLL;
    Tensor tensor = time == 1 ? Tensor.Floats.of(x, INPUT) : Tensor.Floats.of(x, time, INPUT);
    InferenceRequest request =
        new InferenceRequest(
            operation,
            List.of(tensor),
            null,
            null,
            new InferenceRequest.Options(null, false, number, InferenceRequest.Units.READINGS),
            FIELDS);
    return advance(id, operation, deadline, (signature, memory) -> request);
  }

  /** Takes a sequence on by what a decoder makes of its model's signature. */
  public InferenceResult advance(
      String id, Operation operation, @Nullable Duration deadline, RequestDecoder decoder) {
    try (InferenceCall call =
        inference.openStep(
            id, operation, deadline, new Client(Caller.ANYBODY, CancellationSignal.NONE))) {
      return call.infer(decoder, new WholeResult());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Hands a result on as it is. */
  private static final class WholeResult implements ResultEncoder<InferenceResult> {
    @Override
    public long encodedBytes(long numbers) {
      return 0;
    }

    @Override
    public InferenceResult encode(InferenceResult result) {
      return result;
    }
  }

  /** Takes a sequence a step on. */
  public InferenceResult step(String id) {
    return advance(id, 1, OptionalLong.empty());
  }

  @Override
  public void close() throws IOException {
    sequences.close();
    scheduler.close();
    registry.close();
  }
}

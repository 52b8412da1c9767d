package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.ModelBytes;
import dev.keepgate.batch.BatchProperties;
import dev.keepgate.batch.BatchScheduler;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.inference.CancellationSignal;
import dev.keepgate.inference.Computation;
import dev.keepgate.inference.Inference;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.inference.InferenceException;
import dev.keepgate.inference.InferenceProperties;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.OpenRequest;
import dev.keepgate.inference.Operation;
import dev.keepgate.inference.ResultEncoder;
import dev.keepgate.inference.SequenceInfo;
import dev.keepgate.inference.Sequences;
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
import dev.keepgate.registry.version.RepositoryModelRegistry;
import dev.keepgate.registry.version.VersionStorage;
import dev.keepgate.sequence.SequenceProperties.WhenFull;
import dev.keepgate.tensor.Tensor;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.util.unit.DataSize;

/**
 * Steps, chunks, retries, cancelled steps, reads, forks, deletions, expiries and births that meet
 * on two ids. What was answered has to be explained by steps that each follow exactly one other;
 * what was not answered must not have happened; and at the end nothing is left on the books.
 */
class SequencesRaceTest {

  private @Nullable Inference inference;

  private static final int THREADS = 6;
  private static final int CALLS = Integer.getInteger("keepgate.calls", 500);
  private static final int INPUT = 3;
  private static final InferenceRequest.Fields FIELDS =
      new InferenceRequest.Fields("x", slot -> slot, "lengths");

  @TempDir Path folder;

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());
  private final Events events = new Events();
  private final LstmKernel kernel = new ReferenceKernel();
  private final StepTree tree = new StepTree();

  /** What the listener was told. */
  private static final class Events implements SequenceListener {
    private final AtomicLong opened = new AtomicLong();
    private final AtomicLong stepped = new AtomicLong();
    private final AtomicLong repeated = new AtomicLong();
    private final AtomicLong ended = new AtomicLong();

    @Override
    public void opened(ModelId model) {
      opened.incrementAndGet();
    }

    @Override
    public void stepped(ModelId model, int steps) {
      stepped.addAndGet(steps);
    }

    @Override
    public void repeated(ModelId model) {
      repeated.incrementAndGet();
    }

    @Override
    public void ended(ModelId model, End end) {
      ended.incrementAndGet();
    }
  }

  @Test
  void everyStepFollowsOneInMemory() throws Exception {
    InMemorySequenceStore store =
        new InMemorySequenceStore(properties(), System::nanoTime, new Listeners<>(List.of(events)));
    race(store, store::reap);
  }

  @Test
  void everyStepFollowsOneInRedis() throws Exception {
    assumeTrue(RedisProcess.program().isPresent(), "There is no redis-server on the PATH");
    try (RedisProcess redis = RedisProcess.start(folder)) {
      LettuceConnectionFactory connections = RedisContract.connect(redis);
      try {
        RedisSequenceStore store =
            new RedisSequenceStore(
                connections, RedisContract.PREFIX, properties(), new Listeners<>(List.of(events)));
        race(store, store::reap);
      } finally {
        connections.destroy();
      }
    }
  }

  private static SequenceProperties properties() {
    return SequenceStoreContract.properties(100, 100, 1 << 20, WhenFull.REJECT);
  }

  private void race(SequenceStore store, Runnable reap) throws Exception {
    System.out.println("SequencesRaceTest seed " + seed);
    RegistryProperties properties =
        new RegistryProperties(
            new RegistryProperties.Repository(
                folder.resolve("models"),
                null,
                4,
                100,
                RegistryProperties.BuiltIn.NEVER,
                null,
                DataSize.ofBytes(0)),
            DataSize.ofMegabytes(64),
            DataSize.ofMegabytes(64),
            new RegistryProperties.Limits(DataSize.ofMegabytes(64), DataSize.ofMegabytes(1), 1000));
    try (ModelRegistry models =
            new RepositoryModelRegistry(
                properties,
                kernel,
                ImporterConfiguration.importers(ImportLimits.DEFAULT),
                List.of(),
                VersionStorage.local(ModelRepository.open(properties.repository())),
                Clock.systemUTC());
        BatchScheduler scheduler =
            new BatchScheduler(
                kernel,
                new BatchProperties(
                    2, 64, Duration.ofMillis(1), 8, Duration.ZERO, Duration.ofMillis(1)),
                List.of())) {
      put(models);
      InferenceProperties inferring =
          new InferenceProperties(
              DataSize.ofMegabytes(8), null, Duration.ofSeconds(1), Duration.ofMillis(50));
      Computation computation = new Computation(scheduler, inferring);
      Sequences sequences =
          new Sequences(
              models,
              computation,
              store,
              properties(),
              new Listeners<>(List.of(events)),
              Clock.systemUTC());
      InFlightMemory memory = new InFlightMemory(16 << 20, Duration.ofMillis(1));
      inference =
          new Inference(
              models, computation, sequences, memory, inferring, ObservationRegistry.NOOP);
      run(models, sequences, reap);
      end(sequences, reap);
      try (ModelHandle handle = models.acquire(ModelRequest.latest("lstm"))) {
        tree.check(handle.model(), kernel);
      }
      assertThat(store.usage()).isEqualTo(new SequenceUsage(0, 0, null));
      assertThat(events.ended.get()).isEqualTo(events.opened.get());
      assertThat(events.stepped.get()).isEqualTo(tree.steps());
      assertThat(events.repeated.get()).isEqualTo(tree.repeated());
      System.out.printf(
          "%d sequences, %d steps, %d answered again, %d refused%n",
          events.opened.get(), tree.steps(), tree.repeated(), tree.refused());
      assertThat(tree.repeated()).isPositive();
      sequences.close();
      models.remove(new ModelId("lstm", 1));
      assertThat(models.memoryUsed()).as("memory of models that nobody holds").isZero();
    }
  }

  private static void put(ModelRegistry models) throws IOException {
    try (Upload upload = models.newUpload()) {
      try (OutputStream out = upload.newFile("model.safetensors")) {
        out.write(ModelBytes.pytorch(INPUT, 4, 3));
      }
      models.put("lstm", OptionalLong.of(1), upload);
    }
  }

  private void run(ModelRegistry models, Sequences sequences, Runnable reap) throws Exception {
    CyclicBarrier start = new CyclicBarrier(THREADS);
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    List<Future<?>> running = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      Random random = new Random(seed + thread);
      running.add(
          threads.submit(
              () -> {
                start.await();
                for (int i = 0; i < CALLS; i++) {
                  call(models, sequences, reap, random);
                }
                return null;
              }));
    }
    for (Future<?> thread : running) {
      thread.get();
    }
    threads.shutdown();
  }

  private static void end(Sequences sequences, Runnable reap) throws InterruptedException {
    Thread.sleep(50);
    reap.run();
    for (String id : List.of("r0", "r1")) {
      try {
        sequences.delete(id);
      } catch (InferenceException.SequenceRefused e) {
        // It is not open.
      }
    }
  }

  private void call(ModelRegistry models, Sequences sequences, Runnable reap, Random random) {
    int which = random.nextInt(2);
    String id = "r" + which;
    try {
      switch (random.nextInt(20)) {
        case 0, 1 -> {
          try (ModelHandle handle = models.acquire(ModelRequest.latest("lstm"))) {
            tree.begin(
                sequences.open(handle, new OpenRequest(id, 1, 0, ttl(random), null, FIELDS)));
          }
        }
        case 2 -> sequences.delete(id);
        case 3, 4 -> {
          SequenceInfo fork = sequences.fork(id, "r" + (1 - which), ttl(random));
          tree.begin(fork);
        }
        case 5, 6 -> tree.seen(sequences.find(id));
        case 7 -> reap.run();
        case 8, 9 -> retry(sequences, id, random);
        case 10 -> step(id, random, OptionalLong.empty(), Duration.ofNanos(1));
        case 11 ->
            step(id, random, OptionalLong.empty(), Duration.ofNanos(1 + random.nextInt(500_000)));
        default -> step(id, random, OptionalLong.empty(), null);
      }
    } catch (InferenceException.SequenceRefused | InferenceException.DeadlineExceeded e) {
      tree.refuse();
    }
  }

  /** Most live until they are deleted, some for a moment. */
  private static @Nullable Duration ttl(Random random) {
    return random.nextInt(3) > 0 ? null : Duration.ofMillis(1 + random.nextInt(20));
  }

  private void step(String id, Random random, OptionalLong number, @Nullable Duration deadline) {
    int time = random.nextInt(4) == 0 ? 2 : 1;
    float[] x = inputs(random, time);
    tree.taken(x, advance(id, x, number, deadline));
  }

  private static float[] inputs(Random random, int time) {
    float[] x = new float[time * INPUT];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat() - 0.5f;
    }
    return x;
  }

  /**
   * Takes a numbered step and asks for it again, as if its answer had been lost. With other inputs,
   * as the stored answer does not heed them: where the id was opened anew in between, the second
   * request is a step of its own, and the same inputs would lead from equal states to the same.
   */
  private void retry(Sequences sequences, String id, Random random) {
    float[] x = inputs(random, 1);
    OptionalLong number = OptionalLong.of(sequences.find(id).step() + 1);
    tree.taken(x, advance(id, x, number, null));
    float[] again = inputs(random, 1);
    tree.taken(again, advance(id, again, number, null));
  }

  private InferenceResult advance(
      String id, float[] x, OptionalLong number, @Nullable Duration deadline) {
    int time = x.length / INPUT;
    Operation operation = time == 1 ? Operation.STEP : Operation.UNROLL;
    Tensor tensor = time == 1 ? Tensor.Floats.of(x, INPUT) : Tensor.Floats.of(x, time, INPUT);
    InferenceRequest request =
        new InferenceRequest(
            operation,
            tensor,
            null,
            null,
            new InferenceRequest.Options(null, false, number),
            FIELDS);
    try (InferenceCall call =
        inference().openStep(id, operation, deadline, CancellationSignal.NONE)) {
      return call.infer((config, memory) -> request, new Whole());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Hands the result on as it is. */
  private static final class Whole implements ResultEncoder<InferenceResult> {
    @Override
    public long encodedBytes(long numbers) {
      return 0;
    }

    @Override
    public InferenceResult encode(InferenceResult result) {
      return result;
    }
  }

  private Inference inference() {
    return Objects.requireNonNull(inference);
  }
}

package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.inference.InferenceException;
import dev.keepgate.inference.LocalServer;
import dev.keepgate.inference.OpenRequest;
import dev.keepgate.inference.SequenceInfo;
import dev.keepgate.inference.Sequences;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.listener.Listeners;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.security.Caller;
import dev.keepgate.sequence.SequenceProperties.WhenFull;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
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

/**
 * Steps, chunks, retries, cancelled steps, reads, forks, deletions, expiries and births that meet
 * on two ids. What was answered has to be explained by steps that each follow exactly one other;
 * what was not answered must not have happened; and at the end nothing is left on the books.
 */
class SequencesRaceTest {

  private static final int THREADS = 6;
  private static final int CALLS = Integer.getInteger("keepgate.calls", 500);

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
    race(List.of(store), store::reap);
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
        AtomicLong recent = new AtomicLong();
        race(List.of(counting(store, recent), counting(store, recent)), store::reap);
        System.out.println("from memory: " + recent);
        assertThat(recent.get()).as("sequences that were found in memory").isPositive();
      } finally {
        connections.destroy();
      }
    }
  }

  /** Remembers what is recent in a store, and counts what it finds so. */
  private static SequenceStore counting(SequenceStore behind, AtomicLong found) {
    SequenceStore store = new RecentSequenceStore(behind, 1 << 20);
    return (SequenceStore)
        Proxy.newProxyInstance(
            SequenceStore.class.getClassLoader(),
            new Class<?>[] {SequenceStore.class},
            (proxy, method, arguments) -> {
              try {
                Object answer = method.invoke(store, arguments);
                if (method.getName().equals("recent") && answer != null) {
                  found.incrementAndGet();
                }
                return answer;
              } catch (InvocationTargetException e) {
                throw Objects.requireNonNull(e.getCause());
              }
            });
  }

  private static SequenceProperties properties() {
    return SequenceStoreContract.properties(100, 100, 1 << 20, WhenFull.REJECT);
  }

  /**
   * @param stores as each server sees the same one
   */
  private void race(List<SequenceStore> stores, Runnable reap) throws Exception {
    System.out.println("SequencesRaceTest seed " + seed);
    List<LocalServer> servers = new ArrayList<>();
    for (SequenceStore store : stores) {
      Path models = folder.resolve("models" + servers.size());
      LocalServer server = new LocalServer(models, store, properties(), events, 2);
      servers.add(server);
      server.put(3);
    }
    run(servers, reap);
    end(servers.get(0).sequences, reap);
    try (ModelHandle handle = servers.get(0).acquire()) {
      tree.check(handle.model(), kernel);
    }
    assertThat(stores.get(0).usage()).isEqualTo(new SequenceUsage(0, 0, null));
    assertThat(events.ended.get()).isEqualTo(events.opened.get());
    assertThat(events.stepped.get()).isEqualTo(tree.steps());
    assertThat(events.repeated.get()).isEqualTo(tree.repeated());
    System.out.printf(
        "%d sequences, %d steps, %d answered again, %d refused%n",
        events.opened.get(), tree.steps(), tree.repeated(), tree.refused());
    assertThat(tree.repeated()).isPositive();
    for (LocalServer server : servers) {
      server.sequences.close();
      server.registry.remove(LocalServer.MODEL);
      assertThat(server.registry.memoryUsed()).as("memory of models that nobody holds").isZero();
      server.close();
    }
  }

  private void run(List<LocalServer> servers, Runnable reap) throws Exception {
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
                  call(servers, reap, random);
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
        sequences.delete(id, Caller.ANYBODY);
      } catch (InferenceException.SequenceRefused e) {
        // It is not open.
      }
    }
  }

  private void call(List<LocalServer> servers, Runnable reap, Random random) {
    int which = random.nextInt(2);
    String id = "r" + which;
    // A sequence mostly stays with a server, but not always.
    int usual = which + (random.nextInt(20) == 0 ? 1 : 0);
    LocalServer server = servers.get(usual % servers.size());
    Sequences sequences = server.sequences;
    try {
      switch (random.nextInt(20)) {
        case 0, 1 -> {
          try (ModelHandle handle = server.acquire()) {
            tree.begin(
                sequences.open(
                    handle,
                    new OpenRequest(id, 1, 0, ttl(random), null, LocalServer.FIELDS),
                    Caller.ANYBODY));
          }
        }
        case 2 -> sequences.delete(id, Caller.ANYBODY);
        case 3, 4 -> {
          SequenceInfo fork = sequences.fork(id, "r" + (1 - which), ttl(random), Caller.ANYBODY);
          tree.begin(fork);
        }
        case 5, 6 -> tree.seen(sequences.find(id, Caller.ANYBODY));
        case 7 -> reap.run();
        case 8, 9 -> retry(server, id, random);
        case 10 -> step(server, id, random, Duration.ofNanos(1));
        case 11 -> step(server, id, random, Duration.ofNanos(1 + random.nextInt(500_000)));
        default -> step(server, id, random, null);
      }
    } catch (InferenceException.SequenceRefused | InferenceException.DeadlineExceeded e) {
      tree.refuse();
    }
  }

  /** Most live until they are deleted, some for a moment. */
  private static @Nullable Duration ttl(Random random) {
    return random.nextInt(3) > 0 ? null : Duration.ofMillis(1 + random.nextInt(20));
  }

  private void step(LocalServer server, String id, Random random, @Nullable Duration deadline) {
    int time = random.nextInt(4) == 0 ? 2 : 1;
    float[] x = inputs(random, time);
    tree.taken(x, server.advance(id, x, OptionalLong.empty(), deadline));
  }

  private static float[] inputs(Random random, int time) {
    float[] x = new float[time * LocalServer.INPUT];
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
  private void retry(LocalServer server, String id, Random random) {
    float[] x = inputs(random, 1);
    OptionalLong number = OptionalLong.of(server.sequences.find(id, Caller.ANYBODY).step() + 1);
    tree.taken(x, server.advance(id, x, number, null));
    float[] again = inputs(random, 1);
    tree.taken(again, server.advance(id, again, number, null));
  }
}

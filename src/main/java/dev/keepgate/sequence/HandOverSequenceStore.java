package dev.keepgate.sequence;

import dev.keepgate.model.ModelId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Sequences in this process, until it ends: then they move to Redis, from where the next process
 * that is asked for one takes it into its own memory.
 *
 * <p>A change is made before the hand-over begins, and handed over, or it is refused.
 */
final class HandOverSequenceStore implements SequenceStore, SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(HandOverSequenceStore.class);

  /** Redis is asked for several at once: most of the time is the way there and back. */
  private static final int THREADS = 16;

  /** How long a Redis that does not answer is waited for. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final InMemorySequenceStore memory;
  private final RedisSequenceStore redis;
  private final Duration patience;

  /** The name under which this process takes sequences over. */
  private final String taker = UUID.randomUUID().toString();

  /** Those that are being looked for in Redis: whoever else wants one waits for the same answer. */
  private final ConcurrentMap<SequenceId, CompletableFuture<Lookup>> arriving =
      new ConcurrentHashMap<>();

  /** Held for reading by each change in memory, and for writing to say that none may follow. */
  private final StampedLock changes = new StampedLock();

  private volatile boolean running;
  private volatile boolean leaving;

  HandOverSequenceStore(InMemorySequenceStore memory, RedisSequenceStore redis) {
    this(memory, redis, PATIENCE);
  }

  /**
   * @param patience how long a Redis that does not answer is waited for
   */
  HandOverSequenceStore(InMemorySequenceStore memory, RedisSequenceStore redis, Duration patience) {
    this.memory = memory;
    this.redis = redis;
    this.patience = patience;
  }

  @Override
  public void create(Sequence sequence, int maxOfOwner) {
    if (lookup(sequence.id()).isPresent()) {
      throw new SequenceException.Exists(sequence.id());
    }
    change(() -> memory.create(sequence, maxOfOwner));
  }

  @Override
  public Sequence find(SequenceId id) {
    return lookup(id).orThrow(id);
  }

  /** Finds a sequence here, or brings it here from Redis. */
  private Lookup lookup(SequenceId id) {
    Lookup here = memory.lookup(id);
    if (here.isPresent()) {
      return here;
    }
    CompletableFuture<Lookup> own = new CompletableFuture<>();
    CompletableFuture<Lookup> other = arriving.putIfAbsent(id, own);
    Lookup brought = other == null ? arrival(id, own) : awaited(other);
    if (brought.isPresent() || brought.expired()) {
      return brought;
    }
    return memory.lookup(id);
  }

  private Lookup arrival(SequenceId id, CompletableFuture<Lookup> result) {
    try {
      Lookup brought = bring(id);
      result.complete(brought);
      return brought;
    } catch (Throwable e) {
      result.completeExceptionally(e);
      throw e;
    } finally {
      arriving.remove(id, result);
    }
  }

  private static Lookup awaited(CompletableFuture<Lookup> arrival) {
    try {
      return arrival.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof SequenceException refusal) {
        throw refusal;
      }
      throw e;
    }
  }

  private Lookup bring(SequenceId id) {
    requireStaying();
    Lookup here = memory.lookup(id);
    if (here.isPresent()) {
      // Whoever looked before brought it.
      return here;
    }
    RedisSequenceStore.Taken taken = redis.take(id, taker);
    Sequence sequence = taken.sequence().sequence();
    if (sequence == null) {
      return taken.sequence();
    }
    try {
      // No change of it: the hand-over waits for what is on its way in.
      memory.create(sequence, taken.left());
    } catch (SequenceException e) {
      // Another process may have room for it.
      redis.create(sequence, taken.left());
      confirm(id);
      throw e;
    }
    confirm(id);
    return taken.sequence();
  }

  /** If Redis cannot be reached, its note that the sequence was taken expires by itself. */
  private void confirm(SequenceId id) {
    try {
      redis.taken(id);
    } catch (SequenceException.Unavailable e) {
      log.debug("That sequence {} has arrived is not confirmed", id, e);
    }
  }

  @Override
  public boolean replace(Sequence before, Sequence after) {
    return change(() -> memory.replace(before, after));
  }

  @Override
  public void remove(SequenceId id) {
    var unused = find(id);
    change(() -> memory.remove(id));
  }

  private void change(Runnable change) {
    var unused =
        change(
            () -> {
              change.run();
              return true;
            });
  }

  /** Makes a change in memory, which the hand-over has or which is refused. */
  private <T> T change(Supplier<T> change) {
    long stamp = changes.readLock();
    try {
      requireStaying();
      return change.get();
    } finally {
      changes.unlockRead(stamp);
    }
  }

  private void requireStaying() {
    if (leaving) {
      throw new SequenceException.Unavailable("the server has handed its sequences over", null);
    }
  }

  /** Those of this process, and those that wait in Redis for the next process. */
  @Override
  public List<SequenceSummary> list(SequenceQuery query) {
    // Redis first: one that moves here between the two looks is in both rather than in none.
    Map<SequencePlace, SequenceSummary> found = new TreeMap<>();
    redis.list(query).forEach(summary -> found.put(summary.place(), summary));
    memory.list(query).forEach(summary -> found.put(summary.place(), summary));
    return found.values().stream().limit(query.limit()).toList();
  }

  @Override
  public long count(ModelId model) {
    return memory.count(model);
  }

  @Override
  public SequenceUsage usage() {
    return memory.usage();
  }

  @Override
  public void start() {
    leaving = false;
    running = true;
  }

  /** Hands over what is open; what Redis does not take is lost with the process. */
  @Override
  public void stop() {
    leave();
    running = false;
    List<Sequence> sequences = memory.open();
    AtomicInteger moved = new AtomicInteger();
    AtomicLong heard = new AtomicLong(System.nanoTime());
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    for (Sequence sequence : sequences) {
      threads.execute(
          () -> {
            if (handOver(sequence, heard)) {
              moved.incrementAndGet();
            }
          });
    }
    threads.shutdown();
    try {
      while (!threads.awaitTermination(1, TimeUnit.SECONDS)) {
        log.debug("Handed {} of {} sequences over so far", moved, sequences.size());
      }
    } catch (InterruptedException e) {
      threads.shutdownNow();
      Thread.currentThread().interrupt();
    }
    int lost = sequences.size() - moved.get();
    log.info("Handed {} sequences over to Redis; {} were not taken", moved, lost);
  }

  /** Lets no change follow, and waits for those that are being made. */
  private void leave() {
    long stamp = changes.writeLock();
    leaving = true;
    changes.unlockWrite(stamp);
    // What was taken out of Redis just now goes back there, too.
    for (CompletableFuture<Lookup> arrival : arriving.values()) {
      arrival.handle((found, failure) -> found).join();
    }
  }

  /**
   * Hands one over, as often as that takes.
   *
   * @param heard {@link System#nanoTime()} when Redis answered last
   */
  private boolean handOver(Sequence sequence, AtomicLong heard) {
    while (System.nanoTime() - heard.get() < patience.toNanos()) {
      try {
        redis.create(sequence, memory.timeLeft(sequence.id()));
        heard.set(System.nanoTime());
        memory.release(sequence);
        return true;
      } catch (SequenceException.Unavailable e) {
        log.debug("Redis is away", e);
        if (!pause()) {
          return false;
        }
      } catch (SequenceException e) {
        log.debug("Sequence {} was not handed over", sequence.id(), e);
        return false;
      }
    }
    return false;
  }

  private static boolean pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(100);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** Stops after the web server, which finishes its steps, and before the connection to Redis. */
  @Override
  public int getPhase() {
    return 1000;
  }

  @Override
  public void close() {}
}

package dev.keepgate.sequence;

import dev.keepgate.model.ModelId;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Sequences in this process, until it ends: then they move to Redis, from where the next process
 * that is asked for one takes it into its own memory.
 */
final class HandOverSequenceStore implements SequenceStore, SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(HandOverSequenceStore.class);

  /** Redis is asked for several at once: most of the time is the way there and back. */
  private static final int THREADS = 16;

  /** How long a Redis that does not answer is waited for. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final InMemorySequenceStore memory;
  private final RedisSequenceStore redis;

  /** What this process takes sequences as. */
  private final String taker = UUID.randomUUID().toString();

  /** Those that are on their way in, so that nobody takes one for unknown meanwhile. */
  private final ConcurrentMap<SequenceId, Boolean> arriving = new ConcurrentHashMap<>();

  private volatile boolean running;
  private volatile boolean leaving;

  HandOverSequenceStore(InMemorySequenceStore memory, RedisSequenceStore redis) {
    this.memory = memory;
    this.redis = redis;
  }

  @Override
  public void create(Sequence sequence) {
    requireStaying();
    try {
      find(sequence.id());
    } catch (SequenceException.Unknown | SequenceException.Expired e) {
      memory.create(sequence);
      return;
    }
    throw new SequenceException.Exists(sequence.id());
  }

  @Override
  public Sequence find(SequenceId id) {
    try {
      return memory.find(id);
    } catch (SequenceException.Unknown e) {
      // Redis may have it.
      requireStaying();
      arriving.compute(
          id,
          (key, nobody) -> {
            // Whoever waited here finds it in memory.
            takeIn(id);
            return null;
          });
      return memory.find(id);
    }
  }

  private void takeIn(SequenceId id) {
    Sequence sequence;
    try {
      memory.find(id);
      return;
    } catch (SequenceException.Unknown e) {
      sequence = redis.take(id, taker);
    }
    try {
      memory.create(sequence);
    } catch (SequenceException.Full e) {
      redis.create(sequence);
      throw e;
    } finally {
      confirm(id);
    }
  }

  /** Where Redis does not hear it, it forgets of itself that the sequence was taken. */
  private void confirm(SequenceId id) {
    try {
      redis.taken(id);
    } catch (SequenceException.Unavailable e) {
      log.debug("That sequence {} has arrived is not confirmed", id, e);
    }
  }

  @Override
  public boolean replace(Sequence before, Sequence after) {
    requireStaying();
    return memory.replace(before, after);
  }

  @Override
  public void remove(SequenceId id) {
    requireStaying();
    memory.remove(find(id).id());
  }

  /** What is changed after it was handed over would be lost. */
  private void requireStaying() {
    if (leaving) {
      throw new SequenceException.Unavailable("the server has handed its sequences over", null);
    }
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
    leaving = true;
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

  /**
   * Hands one over, as often as that takes.
   *
   * @param heard {@link System#nanoTime()} when Redis answered last
   */
  private boolean handOver(Sequence sequence, AtomicLong heard) {
    while (System.nanoTime() - heard.get() < PATIENCE.toNanos()) {
      try {
        redis.create(sequence);
        heard.set(System.nanoTime());
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

package dev.keepgate.sequence;

import dev.keepgate.model.ModelId;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Sequences in this process, until it ends: then they move to Redis, from where the next process
 * that is asked for one takes it into its own memory.
 */
final class HandOverSequenceStore implements SequenceStore, SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(HandOverSequenceStore.class);

  private final InMemorySequenceStore memory;
  private final RedisSequenceStore redis;

  /** Those that are on their way in, so that nobody takes one for unknown meanwhile. */
  private final ConcurrentMap<SequenceId, Boolean> arriving = new ConcurrentHashMap<>();

  private volatile boolean running;

  HandOverSequenceStore(InMemorySequenceStore memory, RedisSequenceStore redis) {
    this.memory = memory;
    this.redis = redis;
  }

  @Override
  public void create(Sequence sequence) {
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
      arriving.compute(
          id,
          (key, nobody) -> {
            takeIn(id);
            return null;
          });
      return memory.find(id);
    }
  }

  private void takeIn(SequenceId id) {
    Sequence sequence;
    try {
      sequence = redis.take(id);
    } catch (SequenceException.Unknown e) {
      return;
    }
    try {
      memory.create(sequence);
    } catch (SequenceException.Full e) {
      redis.create(sequence);
      throw e;
    }
  }

  @Override
  public boolean replace(Sequence before, Sequence after) {
    return memory.replace(before, after);
  }

  @Override
  public void remove(SequenceId id) {
    memory.remove(find(id).id());
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
    running = true;
  }

  /** Hands over what is open; what Redis does not take is lost with the process. */
  @Override
  public void stop() {
    running = false;
    int moved = 0;
    int lost = 0;
    for (Sequence sequence : memory.open()) {
      try {
        redis.create(sequence);
        moved++;
      } catch (SequenceException e) {
        lost++;
        log.debug("Sequence {} was not handed over", sequence.id(), e);
      }
    }
    log.info("Handed {} sequences over to Redis; {} were not taken", moved, lost);
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

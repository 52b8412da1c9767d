package dev.keepgate.sequence;

import static dev.keepgate.redis.LuaScripts.text;

import dev.keepgate.listener.Listeners;
import dev.keepgate.model.ModelId;
import dev.keepgate.redis.LuaScripts;
import dev.keepgate.redis.RedisProperties;
import dev.keepgate.sequence.SequenceListener.End;
import dev.keepgate.sequence.SequenceProperties.WhenFull;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisConnectionFactory;

/**
 * Sequences in Redis or Valkey, for every process that uses the same one.
 *
 * <p>Each call is one script and so one round trip, and wholly done or not at all. A client of
 * Redis may send a script again when a connection breaks; the revision tells the script that it has
 * been done. All keys share one hash tag: in a cluster they lie on one node.
 */
public final class RedisSequenceStore implements SequenceStore {

  private static final int SWEEP = 500;

  /** How many sequences a script looks at for a list, so that no other call waits long. */
  private static final int LOOK = 1000;

  private static final String UNKNOWN = "UNKNOWN";
  private static final String EXPIRED = "EXPIRED";

  /** How long what was taken is kept for a taker that did not hear the answer. */
  private static final Duration UNCONFIRMED = Duration.ofMinutes(1);

  private final SequenceProperties properties;
  private final Listeners<SequenceListener> listeners;
  private final String prefix;
  private final LuaScripts scripts;

  public RedisSequenceStore(
      RedisConnectionFactory connections,
      RedisProperties redis,
      SequenceProperties properties,
      Listeners<SequenceListener> listeners) {
    this.prefix = redis.keys();
    this.properties = properties;
    this.listeners = listeners;
    this.scripts = new LuaScripts(connections, "/sequence", "store");
  }

  @Override
  public void create(Sequence sequence, int maxOfOwner) {
    create(sequence, sequence.ttl(), maxOfOwner);
  }

  /**
   * Keeps a sequence that began elsewhere; throws what {@link #create(Sequence)} throws.
   *
   * @param left until it expires
   */
  void create(Sequence sequence, Duration left) {
    create(sequence, left, UNBOUNDED);
  }

  private void create(Sequence sequence, Duration left, int maxOfOwner) {
    List<byte[]> reply =
        run(
            "create",
            sequence.id().key(),
            sequence.revision(),
            SequenceCodec.encode(sequence),
            sequence.bytes(),
            sequence.model(),
            millis(left),
            properties.maxCountPerModel(),
            properties.maxCount(),
            properties.bytesPerModel(),
            properties.bytes(),
            properties.whenFull() == WhenFull.EVICT ? 1 : 0,
            properties.tombstones(),
            sequence.openedAt().toEpochMilli(),
            maxOfOwner);
    reply.stream().skip(1).forEach(ended -> tell(text(ended)));
    switch (text(reply.get(0))) {
      case "EXISTS" -> throw new SequenceException.Exists(sequence.id());
      case "FULL" -> throw full();
      case "OWNER_FULL" -> throw SequenceException.Full.ofOwner(maxOfOwner);
      default -> {}
    }
  }

  private static long millis(Duration left) {
    return Math.max(1, left.toMillis());
  }

  private static SequenceException.Full full() {
    return new SequenceException.Full("the store has no room for more sequences");
  }

  /** Passes on {@code <end> <model>}. */
  private void tell(String ended) {
    int space = ended.indexOf(' ');
    ModelId model = model(ended.substring(space + 1));
    End end = End.valueOf(ended.substring(0, space));
    listeners.tell(listener -> listener.ended(model, end));
  }

  private static ModelId model(String model) {
    int slash = model.indexOf('/');
    return new ModelId(model.substring(0, slash), Long.parseLong(model.substring(slash + 1)));
  }

  @Override
  public Sequence find(SequenceId id) {
    List<byte[]> reply = run("find", id.key());
    requirePresent(id, text(reply.get(0)));
    return decoded(id, reply.get(1));
  }

  /**
   * What was taken out of the store.
   *
   * @param sequence what was found, if anything
   * @param left until it expires
   */
  record Taken(Lookup sequence, Duration left) {}

  /**
   * Finds a sequence and takes it out, to be kept elsewhere. The same taker may take it again, for
   * a minute or until {@link #taken}: the answer may be lost.
   */
  Taken take(SequenceId id, String taker) {
    List<byte[]> reply = run("take", id.key(), taker, UNCONFIRMED.toMillis());
    return switch (text(reply.get(0))) {
      case UNKNOWN -> new Taken(Lookup.UNKNOWN, Duration.ZERO);
      case EXPIRED -> new Taken(Lookup.EXPIRED, Duration.ZERO);
      default ->
          new Taken(
              Lookup.of(decoded(id, reply.get(1))),
              Duration.ofMillis(Math.max(0, Long.parseLong(text(reply.get(2))))));
    };
  }

  /** Confirms that what was taken has arrived. */
  void taken(SequenceId id) {
    run("taken", id.key());
  }

  private static Sequence decoded(SequenceId id, byte[] bytes) {
    try {
      return SequenceCodec.decode(bytes);
    } catch (IllegalArgumentException e) {
      throw new SequenceException.Unavailable("sequence " + id + " cannot be read", e);
    }
  }

  private static void requirePresent(SequenceId id, String status) {
    if (status.equals(EXPIRED)) {
      throw new SequenceException.Expired(id);
    }
    if (status.equals(UNKNOWN)) {
      throw new SequenceException.Unknown(id);
    }
  }

  @Override
  public boolean replace(Sequence before, Sequence after) {
    List<byte[]> reply =
        run(
            "replace",
            before.id().key(),
            before.revision(),
            after.revision(),
            SequenceCodec.encode(after),
            after.bytes(),
            after.model(),
            millis(after.ttl()),
            properties.bytesPerModel(),
            properties.bytes(),
            properties.whenFull() == WhenFull.EVICT ? 1 : 0,
            properties.tombstones());
    reply.stream().skip(1).forEach(ended -> tell(text(ended)));
    String status = text(reply.get(0));
    requirePresent(before.id(), status);
    if (status.equals("FULL")) {
      throw full();
    }
    return status.equals("OK");
  }

  @Override
  public void remove(SequenceId id) {
    List<byte[]> reply = run("remove", id.key());
    requirePresent(id, text(reply.get(0)));
    ModelId model = model(text(reply.get(1)));
    listeners.tell(listener -> listener.ended(model, End.DELETED));
  }

  /**
   * Removes expired sequences from the counts, some at a time, so that no other call waits long.
   */
  void reap() {
    int swept = SWEEP;
    while (swept == SWEEP) {
      List<byte[]> models = run("sweep", "", SWEEP, properties.tombstones());
      for (byte[] each : models) {
        ModelId model = model(text(each));
        listeners.tell(listener -> listener.ended(model, End.EXPIRED));
      }
      swept = models.size();
    }
  }

  @Override
  public List<SequenceSummary> list(SequenceQuery query) {
    List<SequenceSummary> page = new ArrayList<>();
    String after = "";
    String score = "";
    SequencePlace place = query.after();
    if (place != null) {
      after = place.id().key();
      score = Long.toString(place.openedAt().toEpochMilli());
    }
    String model = query.model() == null ? "" : query.model();
    while (page.size() < query.limit()) {
      int missing = query.limit() - page.size();
      List<byte[]> reply =
          run(
              "list",
              "",
              score,
              after,
              missing,
              model,
              LOOK,
              SequenceCodec.HEAD_BYTES,
              query.owner());
      for (int i = 2; i < reply.size(); i += 2) {
        page.add(summary(reply.get(i + 1), Long.parseLong(text(reply.get(i)))));
      }
      after = text(reply.get(0));
      score = text(reply.get(1));
      if (after.isEmpty()) {
        break;
      }
    }
    return page;
  }

  private static SequenceSummary summary(byte[] head, long bytes) {
    try {
      return SequenceCodec.decodeHead(head, bytes);
    } catch (IllegalArgumentException e) {
      throw new SequenceException.Unavailable("a sequence cannot be read", e);
    }
  }

  @Override
  public long count(ModelId model) {
    return Long.parseLong(text(run("count", "", model).get(0)));
  }

  @Override
  public SequenceUsage usage() {
    List<byte[]> reply = run("usage", "");
    String oldest = text(reply.get(2));
    return new SequenceUsage(
        Long.parseLong(text(reply.get(0))),
        Long.parseLong(text(reply.get(1))),
        oldest.isEmpty() ? null : Instant.ofEpochMilli(Long.parseLong(oldest)));
  }

  private List<byte[]> run(String script, String id, Object... more) {
    Object[] arguments = new Object[more.length + 1];
    arguments[0] = id;
    System.arraycopy(more, 0, arguments, 1, more.length);
    List<String> keys = List.of(prefix + "sequence:" + id, prefix);
    try {
      return scripts.run(script, keys, arguments);
    } catch (DataAccessException | IllegalStateException e) {
      throw new SequenceException.Unavailable("the store of sequences does not answer", e);
    }
  }

  @Override
  public void close() {}
}

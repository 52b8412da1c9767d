package dev.keepgate.sequence;

import dev.keepgate.model.ModelId;
import dev.keepgate.sequence.SequenceListener.End;
import dev.keepgate.sequence.SequenceProperties.WhenFull;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.core.script.DefaultRedisScript;
import org.springframework.data.redis.core.script.RedisScript;
import org.springframework.data.redis.serializer.RedisSerializer;

/**
 * Sequences in Redis or Valkey, for every process that uses the same one.
 *
 * <p>Each call is one script and so one round trip, and wholly done or not at all. A client of
 * Redis may send a script again when a connection breaks; the revision tells the script that it has
 * been done. All keys share one hash tag: in a cluster they lie on one node.
 */
public final class RedisSequenceStore implements SequenceStore {

  private static final String PREFIX = "{keepgate}:";
  private static final int SWEEP = 500;

  /** How long what was taken is kept for a taker that did not hear the answer. */
  private static final Duration UNCONFIRMED = Duration.ofMinutes(1);

  @SuppressWarnings("rawtypes")
  private static final RedisScript<List> CREATE = script("create");

  @SuppressWarnings("rawtypes")
  private static final RedisScript<List> FIND = script("find");

  @SuppressWarnings("rawtypes")
  private static final RedisScript<List> TAKE = script("take");

  @SuppressWarnings("rawtypes")
  private static final RedisScript<List> TAKEN = script("taken");

  @SuppressWarnings("rawtypes")
  private static final RedisScript<List> REPLACE = script("replace");

  @SuppressWarnings("rawtypes")
  private static final RedisScript<List> REMOVE = script("remove");

  @SuppressWarnings("rawtypes")
  private static final RedisScript<List> SWEEP_DUE = script("sweep");

  @SuppressWarnings("rawtypes")
  private static final RedisScript<List> USAGE = script("usage");

  private final SequenceProperties properties;
  private final Clock clock;
  private final SequenceListener listener;
  private final RedisTemplate<byte[], byte[]> redis = new RedisTemplate<>();

  public RedisSequenceStore(
      RedisConnectionFactory connections,
      SequenceProperties properties,
      Clock clock,
      SequenceListener listener) {
    this.properties = properties;
    this.clock = clock;
    this.listener = listener;
    redis.setConnectionFactory(connections);
    redis.setEnableDefaultSerializer(false);
    redis.setKeySerializer(RedisSerializer.byteArray());
    redis.afterPropertiesSet();
  }

  @SuppressWarnings("rawtypes")
  private static RedisScript<List> script(String name) {
    return new DefaultRedisScript<>(read("store") + read(name), List.class);
  }

  private static String read(String name) {
    String path = "/sequence/" + name + ".lua";
    try (InputStream in =
        Objects.requireNonNull(RedisSequenceStore.class.getResourceAsStream(path), path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8) + "\n";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void create(Sequence sequence) {
    List<byte[]> answer =
        run(
            CREATE,
            sequence.id().value(),
            sequence.revision(),
            SequenceCodec.encode(sequence),
            sequence.bytes(),
            sequence.model(),
            millisLeft(sequence),
            properties.maxCountPerModel(),
            properties.maxCount(),
            properties.maxBytesPerModel().toBytes(),
            properties.maxBytes().toBytes(),
            properties.whenFull() == WhenFull.EVICT ? 1 : 0,
            properties.tombstones(),
            sequence.openedAt().toEpochMilli());
    answer.stream().skip(1).forEach(ended -> tell(text(ended)));
    switch (text(answer.get(0))) {
      case "EXISTS" -> throw new SequenceException.Exists(sequence.id());
      case "FULL" -> throw full();
      default -> {}
    }
  }

  private long millisLeft(Sequence sequence) {
    return Math.max(1, Duration.between(clock.instant(), sequence.expiresAt()).toMillis());
  }

  private static SequenceException.Full full() {
    return new SequenceException.Full("the store has no room for more sequences");
  }

  /** Passes on {@code <end> <model>}. */
  private void tell(String ended) {
    int space = ended.indexOf(' ');
    listener.ended(model(ended.substring(space + 1)), End.valueOf(ended.substring(0, space)));
  }

  private static ModelId model(String model) {
    int slash = model.indexOf('/');
    return new ModelId(model.substring(0, slash), Long.parseLong(model.substring(slash + 1)));
  }

  @Override
  public Sequence find(SequenceId id) {
    return found(FIND, id);
  }

  /**
   * Finds a sequence and takes it out, to be kept elsewhere; throws what {@link #find} throws. The
   * same taker may take it again, for a minute or until {@link #taken}: the answer may be lost.
   */
  Sequence take(SequenceId id, String taker) {
    return found(TAKE, id, taker, UNCONFIRMED.toMillis());
  }

  /** Confirms that what was taken has arrived. */
  void taken(SequenceId id) {
    run(TAKEN, id.value());
  }

  @SuppressWarnings("rawtypes")
  private Sequence found(RedisScript<List> script, SequenceId id, Object... more) {
    List<byte[]> answer = run(script, id.value(), more);
    requirePresent(id, text(answer.get(0)));
    try {
      return SequenceCodec.decode(answer.get(1));
    } catch (IllegalArgumentException e) {
      throw new SequenceException.Unavailable("sequence " + id + " cannot be read", e);
    }
  }

  private static void requirePresent(SequenceId id, String status) {
    if (status.equals("EXPIRED")) {
      throw new SequenceException.Expired(id);
    }
    if (status.equals("UNKNOWN")) {
      throw new SequenceException.Unknown(id);
    }
  }

  @Override
  public boolean replace(Sequence before, Sequence after) {
    List<byte[]> answer =
        run(
            REPLACE,
            before.id().value(),
            before.revision(),
            after.revision(),
            SequenceCodec.encode(after),
            after.bytes(),
            after.model(),
            millisLeft(after),
            properties.maxBytesPerModel().toBytes(),
            properties.maxBytes().toBytes(),
            properties.whenFull() == WhenFull.EVICT ? 1 : 0,
            properties.tombstones());
    answer.stream().skip(1).forEach(ended -> tell(text(ended)));
    String status = text(answer.get(0));
    requirePresent(before.id(), status);
    if (status.equals("FULL")) {
      throw full();
    }
    return status.equals("OK");
  }

  @Override
  public void remove(SequenceId id) {
    List<byte[]> answer = run(REMOVE, id.value());
    requirePresent(id, text(answer.get(0)));
    listener.ended(model(text(answer.get(1))), End.DELETED);
  }

  /** Takes off the books what has expired, in bites, so that no other call waits long. */
  void reap() {
    int swept = SWEEP;
    while (swept == SWEEP) {
      List<byte[]> models = run(SWEEP_DUE, "", SWEEP, properties.tombstones());
      models.forEach(model -> listener.ended(model(text(model)), End.EXPIRED));
      swept = models.size();
    }
  }

  @Override
  public long count(ModelId model) {
    Object count =
        asked(
            () ->
                redis.execute(
                    (org.springframework.data.redis.core.RedisCallback<byte[]>)
                        connection ->
                            connection
                                .hashCommands()
                                .hGet(bytes(PREFIX + "totals"), bytes("count:" + model))));
    return count == null ? 0 : Long.parseLong(text((byte[]) count));
  }

  @Override
  public SequenceUsage usage() {
    List<byte[]> answer = run(USAGE, "");
    String oldest = text(answer.get(2));
    return new SequenceUsage(
        Long.parseLong(text(answer.get(0))),
        Long.parseLong(text(answer.get(1))),
        oldest.isEmpty() ? null : Instant.ofEpochMilli(Long.parseLong(oldest)));
  }

  @SuppressWarnings({"rawtypes", "unchecked"})
  private List<byte[]> run(RedisScript<List> script, String id, Object... more) {
    Object[] arguments = new Object[more.length + 1];
    arguments[0] = bytes(id);
    for (int i = 0; i < more.length; i++) {
      arguments[i + 1] = more[i] instanceof byte[] raw ? raw : bytes(more[i].toString());
    }
    RedisSerializer<byte[]> raw = RedisSerializer.byteArray();
    return asked(
        () ->
            (List<byte[]>)
                redis.execute(
                    script,
                    raw,
                    (RedisSerializer) raw,
                    List.of(bytes(PREFIX + "sequence:" + id), bytes(PREFIX)),
                    arguments));
  }

  private static <T extends @org.jspecify.annotations.Nullable Object> T asked(
      Supplier<T> question) {
    try {
      return question.get();
    } catch (DataAccessException | IllegalStateException e) {
      throw new SequenceException.Unavailable("the store of sequences does not answer", e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.US_ASCII);
  }

  @Override
  public void close() {}
}

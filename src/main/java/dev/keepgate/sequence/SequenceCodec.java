package dev.keepgate.sequence;

import dev.keepgate.model.LstmState;
import dev.keepgate.model.ModelId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A sequence as bytes, for processes that may be of different builds: a format number first, then
 * id, model, batch, time to live and moments in milliseconds, step, revision, state and last
 * answer, big-endian; texts and arrays with their length before them. The digest of the model's
 * files comes last: earlier builds of this format read no further than the answer, and left zeros
 * after it.
 */
final class SequenceCodec {

  private static final byte FORMAT = 1;

  /** The format, lengths of the texts and of the arrays of cells, and the numbers between them. */
  private static final int FIXED_BYTES = 66;

  private static final int ANSWER_BYTES = 11;

  private SequenceCodec() {}

  static byte[] encode(Sequence sequence) {
    byte[] id = bytes(sequence.id().value());
    byte[] model = bytes(sequence.model().name());
    String known = sequence.content().digest();
    byte[] digest = bytes(known == null ? "" : known);
    StepResult last = sequence.last();
    ByteBuffer to =
        ByteBuffer.allocate(
            FIXED_BYTES
                + id.length
                + model.length
                + digest.length
                + size(sequence.state().h())
                + size(sequence.state().c())
                + (last == null ? 0 : ANSWER_BYTES + last.output().length * Float.BYTES));
    to.put(FORMAT).putInt(id.length).put(id).putInt(model.length).put(model);
    to.putLong(sequence.model().version()).putInt(sequence.batch());
    to.putLong(sequence.ttl().toMillis());
    to.putLong(sequence.openedAt().toEpochMilli()).putLong(sequence.expiresAt().toEpochMilli());
    to.putLong(sequence.step()).putLong(sequence.revision());
    put(to, sequence.state().h());
    put(to, sequence.state().c());
    to.put(flag(last != null));
    if (last != null) {
      to.put(flag(last.unrolled())).putInt(last.time());
      to.put(flag(last.sequences())).put(flag(last.batched()));
      put(to, last.output());
    }
    to.putInt(digest.length).put(digest);
    return to.array();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static int size(float[][] cells) {
    int size = Integer.BYTES;
    for (float[] cell : cells) {
      size += Integer.BYTES + cell.length * Float.BYTES;
    }
    return size;
  }

  private static byte flag(boolean value) {
    return (byte) (value ? 1 : 0);
  }

  private static void put(ByteBuffer to, float[][] cells) {
    to.putInt(cells.length);
    for (float[] cell : cells) {
      put(to, cell);
    }
  }

  private static void put(ByteBuffer to, float[] values) {
    to.putInt(values.length);
    to.asFloatBuffer().put(values);
    to.position(to.position() + values.length * Float.BYTES);
  }

  /**
   * @throws IllegalArgumentException if the bytes are no sequence, or of a format to come
   */
  static Sequence decode(byte[] bytes) {
    ByteBuffer from = ByteBuffer.wrap(bytes);
    try {
      byte format = from.get();
      if (format != FORMAT) {
        throw new IllegalArgumentException(
            "the sequence is stored in format %d, known is %d".formatted(format, FORMAT));
      }
      SequenceId id = new SequenceId(text(from));
      ModelId model = new ModelId(text(from), from.getLong());
      int batch = from.getInt();
      Duration ttl = Duration.ofMillis(from.getLong());
      Instant openedAt = Instant.ofEpochMilli(from.getLong());
      Instant expiresAt = Instant.ofEpochMilli(from.getLong());
      long step = from.getLong();
      long revision = from.getLong();
      LstmState state = new LstmState(cells(from), cells(from));
      StepResult last = answer(from);
      return new Sequence(
          id,
          new ModelContent(model, digest(from)),
          batch,
          new Sequence.Lifetime(ttl, openedAt, expiresAt),
          new Sequence.Progress(step, state, last),
          revision);
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("the stored sequence ends early", e);
    }
  }

  private static @Nullable String digest(ByteBuffer from) {
    String digest = from.remaining() < Integer.BYTES ? "" : text(from);
    while (from.hasRemaining()) {
      if (from.get() != 0) {
        throw new IllegalArgumentException("more follows the stored sequence");
      }
    }
    return digest.isEmpty() ? null : digest;
  }

  private static String text(ByteBuffer from) {
    byte[] text = new byte[length(from, 1)];
    from.get(text);
    return new String(text, StandardCharsets.US_ASCII);
  }

  private static int length(ByteBuffer from, int width) {
    int length = from.getInt();
    if (length < 0 || (long) length * width > from.remaining()) {
      throw new BufferUnderflowException();
    }
    return length;
  }

  private static float[][] cells(ByteBuffer from) {
    float[][] cells = new float[length(from, Integer.BYTES)][];
    for (int i = 0; i < cells.length; i++) {
      cells[i] = floats(from);
    }
    return cells;
  }

  private static float[] floats(ByteBuffer from) {
    float[] values = new float[length(from, Float.BYTES)];
    from.asFloatBuffer().get(values);
    from.position(from.position() + values.length * Float.BYTES);
    return values;
  }

  private static @Nullable StepResult answer(ByteBuffer from) {
    if (from.get() == 0) {
      return null;
    }
    boolean unrolled = from.get() != 0;
    int time = from.getInt();
    boolean sequences = from.get() != 0;
    boolean batched = from.get() != 0;
    return new StepResult(unrolled, time, sequences, batched, floats(from));
  }
}

package dev.keepgate.sequence;

import dev.keepgate.model.CellType;
import dev.keepgate.model.ModelId;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Slot;
import dev.keepgate.model.StateLayout;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A sequence as bytes, for processes that may be of different builds: a format number first, then
 * id, model, batch, time to live and moments in milliseconds, step, revision, state and last
 * answer, big-endian; texts and arrays with their length before them. The digest of the model's
 * files comes after these: earlier builds of format 1 read no further than the answer, and left
 * zeros after it. The errors of the last steps come last, where they were asked for.
 *
 * <p>The formats differ in the state alone. Format 1 has that of LSTM cells, h of all cells and
 * then c, and is written for it still: servers of an earlier build read no other. Format 2 has any
 * other: what keeps a state, one after the other, its slots each by name.
 */
public final class SequenceCodec {

  private static final byte OF_LSTM_CELLS = 1;
  private static final byte OF_SLOTS = 2;

  /** The format, lengths of the texts and of the arrays of cells, and the numbers between them. */
  private static final int FIXED_BYTES = 66;

  private static final int ANSWER_BYTES = 11;

  /** At least as much as all before the revision: an owner, two texts of 128 and the numbers. */
  static final int HEAD_BYTES = 400;

  /** In place of the flag of an unroll, as which earlier builds read it. */
  private static final byte UNROLLED_PADDED_ROWS = 2;

  private SequenceCodec() {}

  public static byte[] encode(Sequence sequence) {
    byte[] id = bytes(sequence.id().key());
    byte[] model = bytes(sequence.model().name());
    String known = sequence.content().digest();
    byte[] digest = bytes(known == null ? "" : known);
    StepResult last = sequence.last();
    double[] errors = last == null ? null : last.errors();
    byte format = format(sequence.state());
    ByteBuffer to =
        ByteBuffer.allocate(
            FIXED_BYTES
                + id.length
                + model.length
                + digest.length
                + size(sequence.state(), format)
                + (last == null ? 0 : ANSWER_BYTES + last.output().length * Float.BYTES)
                + (errors == null ? 0 : Integer.BYTES + errors.length * Double.BYTES));
    to.put(format).putInt(id.length).put(id).putInt(model.length).put(model);
    to.putLong(sequence.model().version()).putInt(sequence.batch());
    to.putLong(sequence.ttl().toMillis());
    to.putLong(sequence.openedAt().toEpochMilli()).putLong(sequence.expiresAt().toEpochMilli());
    to.putLong(sequence.step()).putLong(sequence.revision());
    put(to, sequence.state(), format);
    to.put(flag(last != null));
    if (last != null) {
      to.put(last.steps().padded() ? UNROLLED_PADDED_ROWS : flag(last.unrolled()))
          .putInt(last.time());
      to.put(flag(last.sequences())).put(flag(last.batched()));
      put(to, last.output());
    }
    to.putInt(digest.length).put(digest);
    if (errors != null) {
      to.putInt(errors.length);
      to.asDoubleBuffer().put(errors);
    }
    return to.array();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte format(RecurrentState state) {
    for (List<Slot> slots : state.layout().owners()) {
      if (!isOfLstmCell(slots)) {
        return OF_SLOTS;
      }
    }
    return OF_LSTM_CELLS;
  }

  private static boolean isOfLstmCell(List<Slot> slots) {
    List<String> known = CellType.LSTM.state();
    boolean isKnown = slots.size() == known.size();
    for (int i = 0; isKnown && i < known.size(); i++) {
      isKnown = slots.get(i).name().equals(known.get(i));
    }
    return isKnown;
  }

  private static int size(RecurrentState state, byte format) {
    int size = 0;
    for (float[] slot : state.values()) {
      size += Integer.BYTES + slot.length * Float.BYTES;
    }
    if (format == OF_LSTM_CELLS) {
      return size + CellType.LSTM.state().size() * Integer.BYTES;
    }
    for (int i = 0; i < state.layout().size(); i++) {
      size += Integer.BYTES + state.layout().slot(i).name().length();
    }
    return size + (1 + state.layout().owners().size()) * Integer.BYTES;
  }

  private static byte flag(boolean value) {
    return (byte) (value ? 1 : 0);
  }

  private static void put(ByteBuffer to, RecurrentState state, byte format) {
    if (format == OF_LSTM_CELLS) {
      for (String name : CellType.LSTM.state()) {
        float[][] cells = state.of(name);
        to.putInt(cells.length);
        for (float[] cell : cells) {
          put(to, cell);
        }
      }
      return;
    }
    List<List<Slot>> owners = state.layout().owners();
    to.putInt(owners.size());
    int next = 0;
    for (List<Slot> slots : owners) {
      to.putInt(slots.size());
      for (Slot slot : slots) {
        byte[] name = bytes(slot.name());
        to.putInt(name.length).put(name);
        put(to, state.values()[next++]);
      }
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
  public static Sequence decode(byte[] bytes) {
    ByteBuffer from = ByteBuffer.wrap(bytes);
    try {
      byte format = format(from);
      SequenceSummary head = head(from, bytes.length);
      long revision = from.getLong();
      RecurrentState state =
          format == OF_LSTM_CELLS ? lstmCells(from, head.batch()) : slots(from, head.batch());
      StepResult answer = answer(from);
      String digest = digest(from);
      StepResult last = answer == null ? null : answer.withErrors(errors(from));
      requireEnd(from);
      return new Sequence(
          head.id(),
          new ModelContent(head.model(), digest),
          head.batch(),
          head.lifetime(),
          new Sequence.Progress(head.step(), state, last),
          revision);
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("the stored sequence ends early", e);
    }
  }

  /**
   * What comes before the state.
   *
   * @param head the first {@link #HEAD_BYTES} of a sequence, or fewer where it has no more
   * @param bytes memory that the sequence takes
   * @throws IllegalArgumentException if the bytes are no sequence, or of a format to come
   */
  static SequenceSummary decodeHead(byte[] head, long bytes) {
    ByteBuffer from = ByteBuffer.wrap(head);
    try {
      format(from);
      return head(from, bytes);
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("the stored sequence ends early", e);
    }
  }

  private static byte format(ByteBuffer from) {
    byte format = from.get();
    if (format != OF_LSTM_CELLS && format != OF_SLOTS) {
      throw new IllegalArgumentException(
          "the sequence is stored in format %d, known are %d and %d"
              .formatted(format, OF_LSTM_CELLS, OF_SLOTS));
    }
    return format;
  }

  private static SequenceSummary head(ByteBuffer from, long bytes) {
    SequenceId id = SequenceId.ofKey(text(from));
    ModelId model = new ModelId(text(from), from.getLong());
    int batch = from.getInt();
    Duration ttl = Duration.ofMillis(from.getLong());
    Instant openedAt = Instant.ofEpochMilli(from.getLong());
    Instant expiresAt = Instant.ofEpochMilli(from.getLong());
    long step = from.getLong();
    return new SequenceSummary(
        id, model, batch, step, new Sequence.Lifetime(ttl, openedAt, expiresAt), bytes);
  }

  private static @Nullable String digest(ByteBuffer from) {
    String digest = from.remaining() < Integer.BYTES ? "" : text(from);
    return digest.isEmpty() ? null : digest;
  }

  private static double @Nullable [] errors(ByteBuffer from) {
    int length = from.remaining() < Integer.BYTES ? 0 : length(from, Double.BYTES);
    if (length == 0) {
      return null;
    }
    double[] errors = new double[length];
    from.asDoubleBuffer().get(errors);
    from.position(from.position() + length * Double.BYTES);
    return errors;
  }

  private static void requireEnd(ByteBuffer from) {
    while (from.hasRemaining()) {
      if (from.get() != 0) {
        throw new IllegalArgumentException("more follows the stored sequence");
      }
    }
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

  private static RecurrentState lstmCells(ByteBuffer from, int batch) {
    float[][] h = cells(from);
    float[][] c = cells(from);
    if (h.length != c.length) {
      throw new IllegalArgumentException(
          "the stored state has h of %d cells and c of %d".formatted(h.length, c.length));
    }
    List<List<Slot>> owners = new ArrayList<>();
    for (int cell = 0; cell < h.length; cell++) {
      owners.add(List.of(slot("h", h[cell], batch), slot("c", c[cell], batch)));
    }
    return RecurrentState.of(new StateLayout(owners), Map.of("h", h, "c", c));
  }

  private static RecurrentState slots(ByteBuffer from, int batch) {
    List<List<Slot>> owners = new ArrayList<>();
    List<float[]> values = new ArrayList<>();
    for (int owner = length(from, Integer.BYTES); owner > 0; owner--) {
      List<Slot> slots = new ArrayList<>();
      for (int slot = length(from, Integer.BYTES); slot > 0; slot--) {
        String name = text(from);
        float[] numbers = floats(from);
        slots.add(slot(name, numbers, batch));
        values.add(numbers);
      }
      owners.add(slots);
    }
    return new RecurrentState(new StateLayout(owners), values.toArray(float[][]::new));
  }

  private static Slot slot(String name, float[] values, int batch) {
    if (batch < 1 || values.length % batch != 0) {
      throw new IllegalArgumentException(
          "the stored state has %d numbers in its %s, for %d rows"
              .formatted(values.length, name, batch));
    }
    return new Slot(name, values.length / batch);
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
    byte unrolled = from.get();
    int time = from.getInt();
    boolean sequences = from.get() != 0;
    boolean batched = from.get() != 0;
    boolean padded = unrolled == UNROLLED_PADDED_ROWS;
    return new StepResult(
        new StepResult.Steps(unrolled != 0, time, padded), sequences, batched, floats(from), null);
  }
}

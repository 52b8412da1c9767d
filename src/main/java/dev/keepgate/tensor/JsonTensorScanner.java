package dev.keepgate.tensor;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/**
 * Reads requests as nearly all clients write them, from bytes straight to primitive arrays.
 * Whatever is wrong, or right but rare, is {@link NotScannedException}: then the full reader has to
 * read the body and say what is wrong with it, so that there is one place for errors.
 *
 * <p>It never takes what RFC 8259 forbids, and reads every number to the nearest float.
 */
public final class JsonTensorScanner {

  /** The body has to be read by the full JSON reader. */
  public static final class NotScannedException extends Exception {

    private static final long serialVersionUID = 1L;

    public NotScannedException() {
      super("not in the usual form", null, false, false);
    }
  }

  private static final int MAX_RANK = 8;

  /** Of a whole number: all such are within 64 bits. */
  private static final int MOST_DIGITS = 18;

  /**
   * After so many numbers, about a tenth of a millisecond, others may go on: short requests that
   * wait for a processor beside long ones.
   */
  private static final int TURN = 4096;

  private final byte[] json;
  private final int end;
  private final ArrayMemory memory;
  private int at;

  public JsonTensorScanner(byte[] json) {
    this(json, 0, json.length, ArrayMemory.UNBOUNDED);
  }

  /**
   * @param from where the JSON begins
   * @param end where it ends; what follows is no part of a number
   * @param memory of the arrays that are made
   */
  public JsonTensorScanner(byte[] json, int from, int end, ArrayMemory memory) {
    this.json = json;
    this.at = from;
    this.end = end;
    this.memory = memory;
  }

  private int peek() {
    at = skipSpace(json, at);
    return at < end ? json[at] : -1;
  }

  private static int skipSpace(byte[] text, int from) {
    int at = from;
    while (at < text.length && text[at] <= ' ' && isSpace(text[at])) {
      at++;
    }
    return at;
  }

  private static boolean isSpace(int character) {
    return character == ' ' || character == '\n' || character == '\r' || character == '\t';
  }

  /** Takes the character if it is next, white space aside. */
  public boolean takes(char expected) {
    if (peek() != expected) {
      return false;
    }
    at++;
    return true;
  }

  /** Takes the character, which must be next. */
  public void expect(char expected) throws NotScannedException {
    if (!takes(expected)) {
      throw new NotScannedException();
    }
  }

  /** Nothing may follow. */
  public void expectEnd() throws NotScannedException {
    if (peek() != -1) {
      throw new NotScannedException();
    }
  }

  /** A property's name, of ASCII without escapes, and its colon. */
  public String name() throws NotScannedException {
    String name = string();
    expect(':');
    return name;
  }

  /** A string of ASCII without escapes. */
  public String string() throws NotScannedException {
    expect('"');
    int begin = at;
    while (at < json.length && json[at] >= ' ' && json[at] != '"' && json[at] != '\\') {
      at++;
    }
    String string = new String(json, begin, at - begin, US_ASCII);
    if (at == json.length || json[at++] != '"') {
      throw new NotScannedException();
    }
    return string;
  }

  /** Whether the character is next, white space aside. */
  public boolean sees(char expected) {
    return peek() == expected;
  }

  public boolean flag() throws NotScannedException {
    boolean value = peek() == 't';
    for (byte expected : (value ? "true" : "false").getBytes(US_ASCII)) {
      if (at == json.length || json[at++] != expected) {
        throw new NotScannedException();
      }
    }
    return value;
  }

  /** A nested array of numbers. */
  public Tensor.Floats floats() throws NotScannedException {
    Floats values = new Floats();
    int[] shape = nested(values);
    return new Tensor.Floats(shape, values.toArray());
  }

  /** A whole number of at most 18 digits. */
  public long whole() throws NotScannedException {
    peek();
    return number();
  }

  /** A nested array of whole numbers of 32 bits. */
  public Tensor.Ints ints() throws NotScannedException {
    return ints(new Ints(capacity(Integer.MAX_VALUE)));
  }

  /** The same of a few numbers, for which there need not be as much room as the JSON is long. */
  public Tensor.Ints sizes() throws NotScannedException {
    return ints(new Ints(capacity(0)));
  }

  private Tensor.Ints ints(Ints values) throws NotScannedException {
    int[] shape = nested(values);
    return new Tensor.Ints(shape, values.toArray());
  }

  /** Takes the numbers of an innermost array. */
  private interface Numbers {
    /** Reads numbers and the commas between them; how many. */
    int row() throws NotScannedException;
  }

  /** Walks through the brackets; all rows of an axis must be equally long and not empty. */
  private int[] nested(Numbers numbers) throws NotScannedException {
    int[] sizes = new int[MAX_RANK];
    int[] counts = new int[MAX_RANK];
    int rank = 0;
    while (takes('[')) {
      if (++rank > MAX_RANK) {
        throw new NotScannedException();
      }
    }
    if (rank == 0) {
      throw new NotScannedException();
    }
    int depth = rank;
    while (depth > 0) {
      counts[rank - 1] = numbers.row();
      do {
        expect(']');
        depth--;
        if (sizes[depth] != 0 && sizes[depth] != counts[depth]) {
          throw new NotScannedException();
        }
        sizes[depth] = counts[depth];
        counts[depth] = 0;
        if (depth > 0) {
          counts[depth - 1]++;
        }
      } while (depth > 0 && !takes(','));
      while (depth > 0 && depth < rank) {
        expect('[');
        depth++;
      }
    }
    return Arrays.copyOf(sizes, rank);
  }

  /** Room for so many numbers, as they are written mostly; taken from the memory. */
  private int capacity(int most) {
    int capacity = Math.max(16, Math.min(most, Math.min((end - at) / 8, 1 << 20)));
    memory.change((long) Float.BYTES * capacity);
    return capacity;
  }

  /** Twice the room, for both arrays while one is copied into the other. */
  private int grown(int capacity) {
    int grown = Math.max(capacity, (int) Math.min(Integer.MAX_VALUE - 8L, 2L * capacity));
    memory.change((long) Float.BYTES * grown);
    return grown;
  }

  private void letGo(int capacity) {
    memory.change((long) -Float.BYTES * capacity);
  }

  private int digit() {
    int digit = at < json.length ? json[at] - '0' : -1;
    return digit >= 0 && digit <= 9 ? digit : -1;
  }

  private long number() throws NotScannedException {
    boolean negative = at < json.length && json[at] == '-';
    at += negative ? 1 : 0;
    int begin = at;
    long value = 0;
    for (int digit = digit(); digit >= 0; digit = digit()) {
      value = value * 10 + digit;
      at++;
      if (at - begin > MOST_DIGITS) {
        throw new NotScannedException();
      }
    }
    boolean leadingZero = at - begin > 1 && json[begin] == '0';
    boolean more = at < json.length && (json[at] == '.' || (json[at] | 0x20) == 'e');
    if (at == begin || leadingZero || more) {
      throw new NotScannedException();
    }
    return negative ? -value : value;
  }

  private final class Ints implements Numbers {

    private int[] values;
    private int count;

    Ints(int capacity) {
      values = new int[capacity];
    }

    @Override
    public int row() throws NotScannedException {
      int before = count;
      do {
        peek();
        read();
      } while (takes(','));
      return count - before;
    }

    private void read() throws NotScannedException {
      long value = number();
      if (value != (int) value) {
        throw new NotScannedException();
      }
      if (count == values.length) {
        values = Arrays.copyOf(values, grown(count));
        letGo(count);
      }
      values[count++] = (int) value;
    }

    int[] toArray() {
      if (count == values.length) {
        return values;
      }
      memory.change((long) Integer.BYTES * count);
      int[] exact = Arrays.copyOf(values, count);
      letGo(values.length);
      return exact;
    }
  }

  private final class Floats implements Numbers {

    private float[] values = new float[capacity(Integer.MAX_VALUE)];
    private int count;

    @Override
    @SuppressWarnings("ThreadPriorityCheck") // Right either way; only others wait longer.
    public int row() throws NotScannedException {
      byte[] text = json;
      float[] to = values;
      int next = count;
      int position = at - 1;
      do {
        if (next == to.length) {
          to = Arrays.copyOf(to, grown(next));
          letGo(next);
        }
        int begin = skipSpace(text, position + 1);
        position = skipSpace(text, DecimalFloat.read(text, begin, to, next++));
        if (next % TURN == 0) {
          Thread.yield();
        }
      } while (position < text.length && text[position] == ',');
      int read = next - count;
      at = position;
      values = to;
      count = next;
      return read;
    }

    float[] toArray() {
      if (count == values.length) {
        return values;
      }
      memory.change((long) Float.BYTES * count);
      float[] exact = Arrays.copyOf(values, count);
      letGo(values.length);
      return exact;
    }
  }
}

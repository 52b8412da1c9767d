package dev.keepgate.importer.file.pickle;

import dev.keepgate.importer.ImportException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The machine that a pickle is a program for: protocols 0 to 5 of Python's {@code pickle}, as
 * {@code pickletools} documents them. It makes the values that {@link PickleObjects} tells of and
 * nothing else, and never follows a value into its depth, so that values that contain themselves do
 * no harm.
 */
public final class Unpickler {

  /** Python's None. */
  public static final Object NONE = new Object();

  private static final Object MARK = new Object();
  private static final int MAX_LONG_BYTES = 64;

  private final PickleInput in;
  private final PickleObjects objects;
  private final int maxOpcodes;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();

  private Unpickler(PickleInput in, PickleObjects objects, int maxOpcodes) {
    this.in = in;
    this.objects = objects;
    this.maxOpcodes = maxOpcodes;
  }

  /**
   * Reads one pickle, up to and with its STOP.
   *
   * @param objects what its names stand for
   * @param maxOpcodes bounds time and memory: no opcode makes more than one small object beside the
   *     bytes it is followed by
   */
  static Object read(PickleInput in, PickleObjects objects, int maxOpcodes)
      throws IOException, ImportException {
    return new Unpickler(in, objects, maxOpcodes).run();
  }

  private Object run() throws IOException, ImportException {
    for (int count = 0; count < maxOpcodes; count++) {
      int opcode = in.unsignedByte();
      if (opcode == '.') {
        return pop();
      }
      if (!number(opcode)
          && !line(opcode)
          && !text(opcode)
          && !collection(opcode)
          && !reference(opcode)
          && !machine(opcode)) {
        throw ImportException.unsupported("pickle", "opcode 0x%02x is not read".formatted(opcode));
      }
    }
    throw ImportException.tooLarge("the pickle has more than %d opcodes".formatted(maxOpcodes));
  }

  private boolean number(int opcode) throws IOException, ImportException {
    switch (opcode) {
      case 'N' -> stack.add(NONE);
      case 0x88 -> stack.add(true);
      case 0x89 -> stack.add(false);
      case 'K' -> stack.add((long) in.unsignedByte());
      case 'M' -> stack.add((long) in.unsignedShort());
      case 'J' -> stack.add((long) in.integer());
      case 0x8a -> stack.add(big(in.unsignedByte()));
      case 0x8b -> stack.add(big(in.integer()));
      case 'G' -> stack.add(in.bigEndianDouble());
      default -> {
        return false;
      }
    }
    return true;
  }

  /** Protocol 0, which is text. */
  private boolean line(int opcode) throws IOException, ImportException {
    switch (opcode) {
      case 'I' -> stack.add(TextValues.integer(in.line()));
      case 'L' -> stack.add(TextValues.longInteger(in.line()));
      case 'F' -> stack.add(TextValues.real(in.line()));
      case 'S' -> stack.add(TextValues.quoted(in.line(Integer.MAX_VALUE)));
      case 'V' -> stack.add(TextValues.unicode(in.line(Integer.MAX_VALUE)));
      case 'p' -> memo.put(TextValues.index(in.line()), peek());
      case 'g' -> stack.add(remembered(TextValues.index(in.line())));
      case 'P' -> stack.add(objects.referred(in.line()));
      case 'i' -> {
        String module = in.line();
        Object type = objects.global(module, in.line());
        stack.add(objects.call(type, popToMark()));
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  /** An integer of as many bytes, least first. */
  private Object big(int count) throws IOException, ImportException {
    if (count < 0 || count > MAX_LONG_BYTES) {
      throw ImportException.malformed("the pickle has an integer of %d bytes".formatted(count));
    }
    byte[] bytes = in.bytes(count);
    byte[] reversed = new byte[count + 1];
    for (int i = 0; i < count; i++) {
      reversed[count - i] = bytes[i];
    }
    reversed[0] = (byte) (count > 0 && bytes[count - 1] < 0 ? -1 : 0);
    BigInteger value = new BigInteger(reversed);
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  private boolean text(int opcode) throws IOException, ImportException {
    switch (opcode) {
      case 'X' -> stack.add(in.string(in.integer() & 0xffffffffL));
      case 0x8c -> stack.add(in.string(in.unsignedByte()));
      case 0x8d -> stack.add(in.string(in.longInteger()));
      // Python 2's strings; names are ASCII.
      case 'T' -> stack.add(latin(in.integer()));
      case 'U' -> stack.add(latin(in.unsignedByte()));
      case 'B' -> stack.add(in.bytes(in.integer() & 0xffffffffL));
      case 'C' -> stack.add(in.bytes(in.unsignedByte()));
      case 0x8e, 0x96 -> stack.add(in.bytes(in.longInteger()));
      default -> {
        return false;
      }
    }
    return true;
  }

  private String latin(int count) throws IOException, ImportException {
    return new String(in.bytes(count), StandardCharsets.ISO_8859_1);
  }

  private boolean collection(int opcode) throws IOException, ImportException {
    switch (opcode) {
      case ']', ')' -> stack.add(new ArrayList<>(0));
      case 0x8f -> stack.add(new PythonSet(List.of()));
      case '}' -> stack.add(new LinkedHashMap<>());
      case 't', 'l' -> stack.add(popToMark());
      case 0x91 -> stack.add(new PythonSet(popToMark()));
      case 0x85 -> stack.add(pop(1));
      case 0x86 -> stack.add(pop(2));
      case 0x87 -> stack.add(pop(3));
      case 'd' -> {
        List<Object> items = popToMark();
        stack.add(new LinkedHashMap<>());
        putAll(items);
      }
      case 'a' -> {
        List<Object> item = pop(1);
        objects.append(peek(), item);
      }
      case 'e', 0x90 -> {
        List<Object> items = popToMark();
        objects.append(peek(), items);
      }
      case 's' -> putAll(pop(2));
      case 'u' -> putAll(popToMark());
      default -> {
        return false;
      }
    }
    return true;
  }

  private void putAll(List<Object> items) throws ImportException {
    if (items.size() % 2 != 0) {
      throw ImportException.malformed("the pickle has a key without a value");
    }
    for (int i = 0; i < items.size(); i += 2) {
      objects.put(peek(), items.get(i), items.get(i + 1));
    }
  }

  private boolean reference(int opcode) throws IOException, ImportException {
    switch (opcode) {
      case 'q' -> memo.put((long) in.unsignedByte(), peek());
      case 'r' -> memo.put(in.integer() & 0xffffffffL, peek());
      case 0x94 -> memo.put((long) memo.size(), peek());
      case 'h' -> stack.add(remembered(in.unsignedByte()));
      case 'j' -> stack.add(remembered(in.integer() & 0xffffffffL));
      case 'c' -> {
        String module = in.line();
        stack.add(objects.global(module, in.line()));
      }
      case 0x93 -> {
        List<Object> names = pop(2);
        stack.add(objects.global(text(names.get(0)), text(names.get(1))));
      }
      case 'Q' -> stack.add(objects.referred(pop()));
      default -> {
        return false;
      }
    }
    return true;
  }

  private static String text(Object name) throws ImportException {
    if (name instanceof String text) {
      return text;
    }
    throw ImportException.malformed("the pickle has something else where it needs a name");
  }

  private Object remembered(long index) throws ImportException {
    Object value = memo.get(index);
    if (value == null) {
      throw ImportException.malformed("the pickle refers to what it has not stored");
    }
    return value;
  }

  private boolean machine(int opcode) throws IOException, ImportException {
    switch (opcode) {
      case 0x80 -> {
        int protocol = in.unsignedByte();
        if (protocol > 5) {
          throw ImportException.unsupported("pickle", "has protocol " + protocol + ", not 0 to 5");
        }
      }
      case 0x95 -> in.longInteger();
      case '(' -> stack.add(MARK);
      case '0' -> pop();
      case '1' -> popToMark();
      case '2' -> stack.add(peek());
      case 'R', 0x81 -> {
        List<Object> call = pop(2);
        stack.add(objects.call(call.get(0), call.get(1)));
      }
      case 0x92 -> {
        List<Object> call = pop(3);
        Object made = objects.call(call.get(0), call.get(1));
        objects.named(made, call.get(2));
        stack.add(made);
      }
      case 'o' -> {
        List<Object> call = popToMark();
        if (call.isEmpty()) {
          throw ImportException.malformed("the pickle makes an object of no class");
        }
        Object type = call.remove(0);
        stack.add(objects.call(type, call));
      }
      case 'b' -> {
        Object state = pop();
        stack.add(objects.build(pop(), state, in));
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private Object peek() throws ImportException {
    if (stack.isEmpty()) {
      throw ImportException.malformed("the pickle takes from an empty stack");
    }
    return noMark(stack.get(stack.size() - 1));
  }

  private Object pop() throws ImportException {
    Object top = peek();
    stack.remove(stack.size() - 1);
    return top;
  }

  private List<Object> pop(int count) throws ImportException {
    if (stack.size() < count) {
      throw ImportException.malformed("the pickle takes from an empty stack");
    }
    List<Object> top = stack.subList(stack.size() - count, stack.size());
    for (Object value : top) {
      noMark(value);
    }
    List<Object> values = new ArrayList<>(top);
    top.clear();
    return values;
  }

  private List<Object> popToMark() throws ImportException {
    int mark = stack.lastIndexOf(MARK);
    if (mark < 0) {
      throw ImportException.malformed("the pickle lacks a mark");
    }
    List<Object> values = new ArrayList<>(stack.subList(mark + 1, stack.size()));
    stack.subList(mark, stack.size()).clear();
    return values;
  }

  private static Object noMark(@Nullable Object value) throws ImportException {
    if (value == null || value == MARK) {
      throw ImportException.malformed("the pickle takes a mark for a value");
    }
    return value;
  }
}

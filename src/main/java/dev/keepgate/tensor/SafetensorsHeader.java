package dev.keepgate.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * The JSON header of the safetensors format: which tensor lies where in the bytes that follow.
 * Every entry is held against those bytes. The tensors cover them, and no two share any, so that a
 * small file cannot unfold into a large one.
 */
public final class SafetensorsHeader {

  /** Bytes of the header's length, little-endian, that come before it. */
  public static final int LENGTH_BYTES = 8;

  private static final int MAX_RANK = 32;
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(8).build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  /**
   * Where a tensor lies.
   *
   * @param type of its numbers, which are little-endian and row-major
   * @param shape its dimensions
   * @param begin of its bytes, counted from the header's end
   * @param end of its bytes, which come to what its shape and type need
   */
  public record Entry(String name, DataType type, int[] shape, long begin, long end) {}

  private final long dataBytes;

  private SafetensorsHeader(long dataBytes) {
    this.dataBytes = dataBytes;
  }

  /**
   * Checks the length that a header claims.
   *
   * @param length as the first 8 bytes say
   * @param left how many bytes there are after them
   * @param limit how many are allowed
   */
  public static int checkLength(long length, long left, long limit) throws SafetensorsException {
    if (length < 2 || length > left) {
      throw SafetensorsException.malformed(
          "the safetensors header claims %s bytes, there are %d left"
              .formatted(Long.toUnsignedString(length), left));
    }
    if (length > limit) {
      throw SafetensorsException.tooLarge(
          "the safetensors header has %d bytes, %d are allowed".formatted(length, limit));
    }
    return (int) length;
  }

  /**
   * Reads a header.
   *
   * @param bytes that hold it, from {@code offset} on
   * @param dataBytes how many bytes follow it
   * @param maxTensors it may name
   * @return its tensors, as they stand in it
   * @throws SafetensorsException if it is damaged, or claims what the bytes do not hold
   */
  public static List<Entry> read(
      byte[] bytes, int offset, int length, long dataBytes, int maxTensors)
      throws SafetensorsException {
    SafetensorsHeader header = new SafetensorsHeader(dataBytes);
    List<Entry> entries = new ArrayList<>();
    try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), bytes, offset, length)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw SafetensorsException.malformed("the safetensors header is not a JSON object");
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = json.currentName();
        json.nextToken();
        if (name.equals("__metadata__")) {
          json.skipChildren();
          continue;
        }
        if (entries.size() == maxTensors) {
          throw SafetensorsException.tooLarge(
              "more than the %d tensors allowed".formatted(maxTensors));
        }
        entries.add(header.readEntry(json, name));
      }
      if (json.nextToken() != null) {
        throw SafetensorsException.malformed("more follows the safetensors header's JSON object");
      }
    } catch (JacksonException e) {
      throw SafetensorsException.malformed(
          "the safetensors header is not JSON: " + e.getOriginalMessage());
    }
    header.checkCovered(entries);
    return entries;
  }

  private Entry readEntry(JsonParser json, String name) throws SafetensorsException {
    String type = null;
    long[] shape = null;
    long[] offsets = null;
    if (json.currentToken() == JsonToken.START_OBJECT) {
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "dtype" -> type = json.currentToken().isScalarValue() ? json.getString() : null;
          case "shape" -> shape = readIntegers(json, name, field);
          case "data_offsets" -> offsets = readIntegers(json, name, field);
          default -> json.skipChildren();
        }
      }
    }
    if (type == null || shape == null || offsets == null || offsets.length != 2) {
      throw SafetensorsException.malformed(name, "needs a dtype, a shape and two data_offsets");
    }
    return entry(name, type(name, type), shape, offsets);
  }

  /** Whole numbers of an array, none below zero. */
  private static long[] readIntegers(JsonParser json, String name, String field)
      throws SafetensorsException {
    long[] values = new long[MAX_RANK];
    int count = 0;
    boolean isSound = json.currentToken() == JsonToken.START_ARRAY;
    while (isSound && json.nextToken() != JsonToken.END_ARRAY) {
      if (count == MAX_RANK) {
        throw SafetensorsException.malformed(
            name, "its %s has more than the %d numbers allowed".formatted(field, MAX_RANK));
      }
      isSound =
          json.currentToken() == JsonToken.VALUE_NUMBER_INT
              && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER
              && json.getLongValue() >= 0;
      if (isSound) {
        values[count++] = json.getLongValue();
      }
    }
    if (!isSound) {
      throw SafetensorsException.malformed(
          name, "its %s is no array of whole numbers from 0".formatted(field));
    }
    return Arrays.copyOf(values, count);
  }

  private Entry entry(String name, DataType type, long[] shape, long[] offsets)
      throws SafetensorsException {
    int[] sizes = new int[shape.length];
    long bytes = type.width();
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = (int) shape[i];
      if (sizes[i] != shape[i] || (sizes[i] != 0 && bytes > Long.MAX_VALUE / sizes[i])) {
        throw SafetensorsException.malformed(
            name, "has the impossible shape " + Arrays.toString(shape));
      }
      bytes *= sizes[i];
    }
    if (offsets[1] > dataBytes || offsets[1] - offsets[0] != bytes) {
      throw SafetensorsException.malformed(
          name,
          "of shape %s needs %d bytes and claims %s of %d"
              .formatted(Arrays.toString(sizes), bytes, Arrays.toString(offsets), dataBytes));
    }
    return new Entry(name, type, sizes, offsets[0], offsets[1]);
  }

  /** The format has no room between tensors, nor behind the last: what is there was moved. */
  private void checkCovered(List<Entry> entries) throws SafetensorsException {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long end = 0;
    String before = "";
    for (Entry entry : sorted) {
      String name = entry.name();
      if (entry.begin() < end) {
        throw SafetensorsException.malformed(name, "shares bytes with '%s'".formatted(before));
      }
      if (entry.begin() > end) {
        throw SafetensorsException.malformed(
            name,
            "begins at byte %d, %d bytes behind the tensor before it"
                .formatted(entry.begin(), entry.begin() - end));
      }
      end = entry.end();
      before = name;
    }
    if (end != dataBytes) {
      throw SafetensorsException.malformed(
          "%d bytes follow the last tensor of the safetensors".formatted(dataBytes - end));
    }
  }

  private static DataType type(String name, String type) throws SafetensorsException {
    return switch (type) {
      case "F64" -> DataType.F64;
      case "F32" -> DataType.F32;
      case "F16" -> DataType.F16;
      case "BF16" -> DataType.BF16;
      case "I64" -> DataType.I64;
      case "I32" -> DataType.I32;
      case "I16" -> DataType.I16;
      case "I8" -> DataType.I8;
      case "U8", "BOOL" -> DataType.U8;
      default -> throw SafetensorsException.unsupported(name, "has the type '" + type + "'");
    };
  }
}

package dev.keepgate.api.json;

import dev.keepgate.tensor.TensorFormatException;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/** Reads a body that is one JSON object, field by field. */
public final class JsonFields {

  public static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(16).build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private JsonFields() {}

  /** Is handed the parser on the value of a field. */
  public interface FieldReader {
    void read(JsonParser json, String field);
  }

  /**
   * Reads all fields in the body's order.
   *
   * @param body more than the body's bytes, perhaps
   * @param size how many of them are the body's, from the first
   * @throws TensorFormatException if the body is no object, or more than one
   */
  public static void read(byte[] body, int size, FieldReader reader) {
    try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), body, 0, size)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new TensorFormatException("", "expected a JSON object");
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String field = json.currentName();
        json.nextToken();
        reader.read(json, field);
      }
      if (json.nextToken() != null) {
        throw new TensorFormatException("", "more follows the JSON object");
      }
    }
  }

  /** A whole number of these bounds, such as a step's. */
  public static long number(JsonParser json, String pointer, long min, long max) {
    if (json.currentToken() == JsonToken.VALUE_NUMBER_INT
        && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER
        && json.getLongValue() >= min
        && json.getLongValue() <= max) {
      return json.getLongValue();
    }
    throw new TensorFormatException(
        pointer, "expected a whole number from %d to %d".formatted(min, max));
  }

  public static boolean flag(JsonParser json, String pointer) {
    return switch (json.currentToken()) {
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> throw new TensorFormatException(pointer, "expected true or false");
    };
  }

  /** A finite number of this bound. */
  public static double real(JsonParser json, String pointer, double min) {
    boolean isNumber = json.currentToken().isNumeric();
    double number = isNumber ? json.getDoubleValue() : Double.NaN;
    if (Double.isFinite(number) && number >= min) {
      return number;
    }
    throw new TensorFormatException(pointer, "expected a number from %s on".formatted(min));
  }

  /** A part of a whole: more than 0 and at most 1. */
  public static double share(JsonParser json, String pointer) {
    double share = json.currentToken().isNumeric() ? json.getDoubleValue() : Double.NaN;
    if (share > 0 && share <= 1) {
      return share;
    }
    throw new TensorFormatException(pointer, "expected a number of more than 0 and at most 1");
  }

  /** One of these, by its name in small letters. */
  public static <E extends Enum<E>> E word(JsonParser json, String pointer, E[] known) {
    String word = json.currentToken() == JsonToken.VALUE_STRING ? json.getString() : null;
    for (E value : known) {
      if (value.name().toLowerCase(Locale.ROOT).equals(word)) {
        return value;
      }
    }
    throw new TensorFormatException(
        pointer,
        "expected one of "
            + Arrays.stream(known).map(value -> value.name().toLowerCase(Locale.ROOT)).toList());
  }

  /** A string; null where it is null, which counts as left out. */
  public static @Nullable String optionalText(JsonParser json, String pointer) {
    return json.currentToken() == JsonToken.VALUE_NULL ? null : text(json, pointer);
  }

  public static String text(JsonParser json, String pointer) {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      throw new TensorFormatException(pointer, "expected a string");
    }
    return String.valueOf(json.getString());
  }

  /** What a field is answered with that no one knows. */
  public static TensorFormatException unknown(String field, String known) {
    return new TensorFormatException(
        TensorFormatException.token(field), "is unknown; known are " + known);
  }
}

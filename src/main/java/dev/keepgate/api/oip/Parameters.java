package dev.keepgate.api.oip;

import dev.keepgate.tensor.TensorFormatException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Parameters of a request, an input or an output, by name. The protocol defines none, and leaves it
 * to servers which they have: one that is not known here is refused, except for those that clients
 * send by themselves.
 *
 * @param pointer where they are
 * @param values booleans, whole numbers of 64 bits, fractions and strings; empty lists for all else
 */
public record Parameters(String pointer, Map<String, Object> values) {

  public static final Parameters NONE = new Parameters("/parameters", Map.of());
  public static final String BINARY_OUTPUT = "binary_data_output";
  public static final String SEQUENCE_ID = "sequence_id";

  /** Of an input: how many of the bytes behind the JSON are its own. */
  public static final String BINARY_SIZE = "binary_data_size";

  /** Of an output: whether its bytes are to follow the JSON. */
  public static final String BINARY = "binary_data";

  /** Of an output: how many of its largest numbers are to be told, each as text. */
  public static final String CLASSIFICATION = "classification";

  /** What a parameter's value has to be. */
  private interface Kind {
    void require(Parameters parameters, String name);
  }

  private static final Kind ANYTHING = (parameters, name) -> {};
  private static final Kind FLAG = Parameters::flag;
  private static final Kind WHOLE = Parameters::whole;
  private static final Kind CLASSES =
      (parameters, name) -> {
        var unused = parameters.classes();
      };
  private static final Kind TEXT = Parameters::identifier;

  /** Those of Triton's own, such as triton_enable_empty_final_response. */
  private static final String OF_TRITON = "triton_";

  /** How clients packed a tensor, which its datatype says as well. */
  private static final String CONTENT_TYPE = "content_type";

  private static final Map<String, Kind> OF_REQUEST =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry(BINARY_OUTPUT, FLAG),
              Map.entry(CONTENT_TYPE, TEXT),
              Map.entry("headers", ANYTHING),
              Map.entry("priority", WHOLE),
              Map.entry("return_sequences", FLAG),
              Map.entry("scaled", FLAG),
              Map.entry(SEQUENCE_ID, TEXT),
              Map.entry("sequence_start", FLAG),
              Map.entry("sequence_end", FLAG),
              Map.entry("sequence_step", WHOLE),
              Map.entry("timeout", WHOLE)));

  private static final Map<String, Kind> OF_INPUT =
      new TreeMap<>(Map.of(BINARY_SIZE, WHOLE, CONTENT_TYPE, TEXT));

  private static final Map<String, Kind> OF_OUTPUT =
      new TreeMap<>(Map.of(BINARY, FLAG, CLASSIFICATION, CLASSES, CONTENT_TYPE, TEXT));

  /**
   * A request's own.
   *
   * @throws TensorFormatException if one is not known, or not of its type
   */
  public static Parameters ofRequest(Map<String, Object> values) {
    return values.isEmpty() ? NONE : known("/parameters", values, OF_REQUEST);
  }

  /**
   * An input's.
   *
   * @throws TensorFormatException if one is not known, or not of its type
   */
  public static Parameters ofInput(String pointer, Map<String, Object> values) {
    return known(pointer + "/parameters", values, OF_INPUT);
  }

  /**
   * A wanted output's.
   *
   * @throws TensorFormatException if one is not known, or not of its type
   */
  public static Parameters ofOutput(String pointer, Map<String, Object> values) {
    return known(pointer + "/parameters", values, OF_OUTPUT);
  }

  private static Parameters known(
      String pointer, Map<String, Object> values, Map<String, Kind> known) {
    Parameters parameters = new Parameters(pointer, values);
    for (String name : values.keySet()) {
      Kind kind = known.get(name);
      if (kind != null) {
        kind.require(parameters, name);
      } else if (!name.startsWith(OF_TRITON)) {
        throw new TensorFormatException(
            pointer + TensorFormatException.token(name),
            "is unknown; known are " + String.join(", ", known.keySet()));
      }
    }
    return parameters;
  }

  public @Nullable Boolean flag(String name) {
    Object value = values.get(name);
    if (value == null || value instanceof Boolean) {
      return (Boolean) value;
    }
    throw fault(name, "expected true or false");
  }

  public @Nullable Long whole(String name) {
    Object value = values.get(name);
    if (value == null || value instanceof Long) {
      return (Long) value;
    }
    throw fault(name, "expected a whole number");
  }

  /** How many classes are to be told of an output; 0 where its numbers are. */
  public int classes() {
    Long classes = whole(CLASSIFICATION);
    if (classes == null) {
      return 0;
    }
    if (classes < 1 || classes > Integer.MAX_VALUE) {
      throw fault(CLASSIFICATION, "expected a whole number from 1, got " + classes);
    }
    return classes.intValue();
  }

  /**
   * A string, or a whole number as a string; null where there is none, or it says so by "" or 0.
   */
  public @Nullable String identifier(String name) {
    Object value = values.get(name);
    if (value == null || value.equals(0L) || value.equals("")) {
      return null;
    }
    if (value instanceof Long number) {
      return Long.toUnsignedString(number);
    }
    if (value instanceof String text) {
      return text;
    }
    throw fault(name, "expected a string or a whole number");
  }

  /** Microseconds after which the client does not wait; null or 0 for none. */
  public @Nullable Duration timeout() {
    Long micros = whole("timeout");
    if (micros == null || micros == 0) {
      return null;
    }
    if (micros < 0) {
      throw fault("timeout", "expected microseconds, got " + micros);
    }
    return Duration.ofNanos(Math.multiplyExact(Math.min(micros, Long.MAX_VALUE / 1000), 1000));
  }

  private TensorFormatException fault(String name, String detail) {
    return new TensorFormatException(pointer + TensorFormatException.token(name), detail);
  }
}

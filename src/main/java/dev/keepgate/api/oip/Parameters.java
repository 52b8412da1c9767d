package dev.keepgate.api.oip;

import dev.keepgate.tensor.TensorFormatException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a request's parameters; those that mean nothing here are ignored, as the protocol asks.
 *
 * @param values booleans, whole numbers of 64 bits and strings
 */
public record Parameters(Map<String, Object> values) {

  public static final Parameters NONE = new Parameters(Map.of());
  public static final String BINARY_OUTPUT = "binary_data_output";
  public static final String SEQUENCE_ID = "sequence_id";

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

  private static TensorFormatException fault(String name, String detail) {
    return new TensorFormatException("/parameters/" + name, detail);
  }
}

package dev.keepgate.importer.framework.preprocessing;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.file.pickle.NumpyArray;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a threshold: a number as text, JSON, npy or pickle, or the field {@code threshold} of an
 * object.
 */
final class ThresholdFile {

  private static final String PART = "threshold";

  private ThresholdFile() {}

  /**
   * Reads a threshold, whose form the bytes tell.
   *
   * @param file all its bytes
   * @return an error above which a reading is an anomaly; finite, and not negative
   * @throws ImportException if it is not one such number
   */
  public static double read(byte[] file, ImportLimits limits) throws ImportException {
    SideFile side = SideFile.read(PART, file, limits);
    Object value = side.value();
    if (value instanceof Map<?, ?> map) {
      if (!map.containsKey(PART)) {
        throw side.unsupported("is an object without the field 'threshold'");
      }
      value = map.get(PART);
    }
    double threshold = value == null && side.text() != null ? parse(side.text()) : number(value);
    if (!Double.isFinite(threshold) || threshold < 0) {
      throw side.unsupported("is not one finite number from 0 on");
    }
    return threshold;
  }

  private static double number(@Nullable Object value) throws ImportException {
    List<?> values =
        value instanceof NumpyArray array
            ? array.values()
            : value instanceof List<?> list ? list : value == null ? List.of() : List.of(value);
    return values.size() == 1 && values.get(0) instanceof Number number
        ? number.doubleValue()
        : Double.NaN;
  }

  private static double parse(String text) {
    String number = text.strip();
    // A Java number may also end in the letter of its type.
    return number.matches("[-+]?[0-9.]+([eE][-+]?[0-9]+)?") && number.length() < 400
        ? parseDouble(number)
        : Double.NaN;
  }

  private static double parseDouble(String number) {
    try {
      return Double.parseDouble(number);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }
}

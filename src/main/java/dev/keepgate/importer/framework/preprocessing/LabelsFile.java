package dev.keepgate.importer.framework.preprocessing;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.file.pickle.PythonObject;
import dev.keepgate.importer.framework.sklearn.SklearnLabels;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads labels: an encoder of scikit-learn's, a list as pickle, npy or JSON, an object of names and
 * numbers, or text with a label a line.
 */
public final class LabelsFile {

  private static final String PART = "labels";

  /** What an object may call the labels that it holds. */
  private static final List<String> FIELDS =
      List.of("labels", "classes", "class_names", "id2label", "label2id");

  private LabelsFile() {}

  /**
   * Reads labels, whose form the bytes tell.
   *
   * @param file all its bytes
   * @throws ImportException that names what is not read, and what to send instead
   */
  public static Labels read(byte[] file, ImportLimits limits) throws ImportException {
    SideFile side = SideFile.read(PART, file, limits);
    try {
      return new Labels(names(side, side.value()));
    } catch (InconsistentModelException e) {
      throw ImportException.unsupported(PART, String.valueOf(e.getMessage()));
    }
  }

  private static List<String> names(SideFile side, @Nullable Object value) throws ImportException {
    if (value instanceof PythonObject object) {
      return strings(side, SklearnLabels.read(object));
    }
    if (value instanceof Map<?, ?> map) {
      if (map.size() == 1 && FIELDS.contains(String.valueOf(map.keySet().iterator().next()))) {
        Object inner = map.values().iterator().next();
        if (inner instanceof Map<?, ?> numbered) {
          return numbered(side, numbered);
        }
        List<?> list = side.list(inner);
        if (list != null) {
          return strings(side, list);
        }
      }
      return numbered(side, map);
    }
    List<?> list = side.list(value);
    if (list != null) {
      return strings(side, list);
    }
    if (value == null && side.text() != null) {
      return lines(side);
    }
    throw side.unsupported("holds no labels; send a JSON list, that of class 0 first");
  }

  private static List<String> lines(SideFile side) throws ImportException {
    List<String> lines = side.lines().stream().map(String::strip).toList();
    if (lines.contains("")) {
      throw side.unsupported("has an empty line %d", lines.indexOf("") + 1);
    }
    return lines;
  }

  /** Names by numbers, or numbers by names; the numbers are 0 and those that follow. */
  private static List<String> numbered(SideFile side, Map<?, ?> map) throws ImportException {
    boolean isByName = map.values().stream().allMatch(Long.class::isInstance);
    String[] names = new String[map.size()];
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      Object name = isByName ? entry.getKey() : entry.getValue();
      Object number = isByName ? entry.getValue() : entry.getKey();
      int index =
          number instanceof Long whole ? (int) Math.min(whole, names.length) : parse(number);
      if (index < 0 || index >= names.length || names[index] != null) {
        throw side.unsupported(
            "is an object whose classes are not numbered from 0 to %d, each once",
            names.length - 1);
      }
      names[index] = string(side, name);
    }
    return Arrays.asList(names);
  }

  private static int parse(@Nullable Object number) {
    return number instanceof String text && text.matches("\\d{1,9}") ? Integer.parseInt(text) : -1;
  }

  private static List<String> strings(SideFile side, List<?> values) throws ImportException {
    List<String> names = new ArrayList<>();
    for (Object value : values) {
      names.add(string(side, value));
    }
    return names;
  }

  private static String string(SideFile side, @Nullable Object value) throws ImportException {
    if (value instanceof Boolean truth) {
      return truth ? "True" : "False";
    }
    if (value instanceof String || value instanceof Number) {
      return value.toString();
    }
    throw side.unsupported("has a label that is neither a name nor a number");
  }
}

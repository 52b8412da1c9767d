package dev.keepgate.importer.framework.preprocessing;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.ScalerStep.Add;
import dev.keepgate.model.ScalerStep.Clip;
import dev.keepgate.model.ScalerStep.Divide;
import dev.keepgate.model.ScalerStep.Multiply;
import dev.keepgate.model.ScalerStep.Subtract;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A scaler by its numbers: {@code mean} and {@code scale} (or {@code std}), as StandardScaler uses
 * them, or {@code min}, {@code max} and {@code range}, as MinMaxScaler does; a number a column, as
 * a list or by the columns' names; and {@code features}, the names.
 */
final class ScalerFields {

  private static final Set<String> STANDARD = Set.of("mean", "scale", "std", "features");
  private static final Set<String> MIN_MAX = Set.of("min", "max", "range", "clip", "features");

  private final SideFile side;
  private final Map<?, ?> fields;
  private List<String> names = List.of();

  ScalerFields(SideFile side, Map<?, ?> fields) {
    this.side = side;
    this.fields = fields;
  }

  Scaler read() throws ImportException {
    boolean isStandard = fields.containsKey("mean");
    Set<String> known = isStandard ? STANDARD : MIN_MAX;
    for (Object key : fields.keySet()) {
      if (!(key instanceof String name) || !known.contains(name)) {
        throw side.unsupported(
            "has the field '%s'; a scaler has mean with scale or std, or min and max with range and"
                + " clip; and features, the columns' names",
            key instanceof String || key instanceof Number ? key : "of another kind");
      }
    }
    Scaler scaler = isStandard ? standard() : minMax();
    List<?> given = side.list(fields.get("features"));
    if (given != null) {
      names = new ArrayList<>();
      for (Object name : given) {
        if (!(name instanceof String text)) {
          throw side.unsupported("has features that are no names");
        }
        names.add(text);
      }
    }
    return scaler.withNames(names);
  }

  private Scaler standard() throws ImportException {
    if (fields.containsKey("scale") && fields.containsKey("std")) {
      throw side.unsupported("has both scale and std; give one");
    }
    double[] mean = numbers("mean", -1);
    double[] scale = numbers(fields.containsKey("std") ? "std" : "scale", mean.length);
    return Scaler.ofColumns(mean.length, i -> List.of(new Subtract(mean[i]), new Divide(scale[i])));
  }

  private Scaler minMax() throws ImportException {
    double[] min = numbers("min", -1);
    double[] max = numbers("max", min.length);
    double[] range = fields.get("range") == null ? new double[] {0, 1} : numbers("range", 2);
    Object clips = fields.get("clip");
    if (clips != null && !(clips instanceof Boolean)) {
      throw side.unsupported("has a clip that is neither true nor false");
    }
    if (!(range[0] < range[1])) {
      throw side.unsupported("has the range [%s, %s]", range[0], range[1]);
    }
    double[] scale = new double[min.length];
    for (int i = 0; i < scale.length; i++) {
      if (max[i] < min[i]) {
        throw side.unsupported("has a max below min in column %d", i);
      }
      // A column of one value is only moved, as scikit-learn does.
      scale[i] = (range[1] - range[0]) / (max[i] == min[i] ? 1 : max[i] - min[i]);
    }
    return Scaler.ofColumns(
        min.length,
        i -> {
          Multiply stretch = new Multiply(scale[i]);
          Add shift = new Add(range[0] - min[i] * scale[i]);
          return Boolean.TRUE.equals(clips)
              ? List.of(stretch, shift, new Clip(range[0], range[1]))
              : List.of(stretch, shift);
        });
  }

  private double[] numbers(String field, int count) throws ImportException {
    Object value = fields.get(field);
    if (value instanceof Map<?, ?> named) {
      value = byName(field, named);
    }
    List<?> list = value instanceof Number ? List.of(value) : side.list(value);
    if (list == null) {
      throw side.unsupported("has no list of numbers '%s'", field);
    }
    if (count >= 0 && list.size() != count) {
      throw side.unsupported("has %d numbers in '%s', not %d", list.size(), field, count);
    }
    double[] numbers = new double[list.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = number(field, i, list.get(i));
    }
    return numbers;
  }

  private List<?> byName(String field, Map<?, ?> named) throws ImportException {
    List<String> keys = new ArrayList<>();
    for (Object key : named.keySet()) {
      keys.add(String.valueOf(key));
    }
    if (names.isEmpty()) {
      names = keys;
    } else if (!names.equals(keys)) {
      throw side.unsupported("has other columns in '%s' than before, or in another order", field);
    }
    return new ArrayList<>(named.values());
  }

  private double number(String field, int column, @Nullable Object value) throws ImportException {
    double number = value instanceof Number given ? given.doubleValue() : Double.NaN;
    if (!Double.isFinite(number)) {
      throw side.unsupported("has no finite number '%s' for column %d", field, column);
    }
    if (number == 0 && (field.equals("scale") || field.equals("std"))) {
      throw side.unsupported(
          "has a %s of 0 for column %d; a column of one value is scaled by 1", field, column);
    }
    return number;
  }
}

package dev.keepgate.importer.framework.forward;

import dev.keepgate.importer.ImportException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One stage of a recipe: a module or a function, and its arguments.
 *
 * <pre>
 * stage    = name [ "(" argument { "," argument } ")" ]
 * argument = [ key "=" ] value
 * </pre>
 *
 * @param pointer to it in the request, for messages
 * @param values the arguments without a key
 * @param options the arguments with a key
 */
record Stage(String pointer, String name, List<String> values, Map<String, String> options) {

  private static final int MAX_LENGTH = 1024;
  private static final int MAX_COUNT = 1 << 20;

  private static final Pattern CALL =
      Pattern.compile("\\s*([^()=,\\s]+)\\s*(?:\\(([^()]*)\\))?\\s*");
  private static final Pattern ARGUMENT =
      Pattern.compile("\\s*(?:([A-Za-z_][A-Za-z0-9_]*)\\s*=\\s*)?([A-Za-z0-9_.+-]+)\\s*");

  /** A stage without arguments. */
  static Stage of(String name) {
    return new Stage("/config/forward", name, List.of(), Map.of());
  }

  /** Reads a whole recipe. */
  static List<Stage> parse(List<String> recipe) throws ImportException {
    if (recipe.isEmpty()) {
      throw ImportException.config("/config/forward", "names no stage");
    }
    List<Stage> stages = new ArrayList<>();
    for (String text : recipe) {
      stages.add(parse("/config/forward/" + stages.size(), text));
    }
    return stages;
  }

  private static Stage parse(String pointer, String text) throws ImportException {
    Matcher call = CALL.matcher(text);
    if (text.length() > MAX_LENGTH || !call.matches()) {
      throw ImportException.config(
          pointer, "expected a name, or a name with arguments such as norm(epsilon=1e-3)");
    }
    List<String> values = new ArrayList<>();
    Map<String, String> options = new LinkedHashMap<>();
    String arguments = call.group(2);
    if (arguments != null && !arguments.isBlank()) {
      for (String part : arguments.split(",", -1)) {
        Matcher argument = ARGUMENT.matcher(part);
        if (!argument.matches()) {
          throw ImportException.config(pointer, "'%s' is no argument".formatted(part));
        }
        String key = argument.group(1);
        String value = String.valueOf(argument.group(2));
        if (key == null) {
          values.add(value);
        } else if (options.put(key, value) != null) {
          throw ImportException.config(pointer, "says %s twice".formatted(key));
        }
      }
    }
    return new Stage(
        pointer, String.valueOf(call.group(1)), List.copyOf(values), Map.copyOf(options));
  }

  /**
   * Refuses arguments that the stage does not have.
   *
   * @param most how many without a key there may be
   */
  void allow(int most, Set<String> keys) throws ImportException {
    for (String key : options.keySet()) {
      if (!keys.contains(key)) {
        throw refused(
            "has no argument '%s'%s".formatted(key, keys.isEmpty() ? "" : ", only " + keys));
      }
    }
    if (values.size() > most) {
      throw refused(
          most == 0 ? "takes no argument" : "takes no more than %d of these".formatted(most));
    }
  }

  /** The number of a key, or the first argument; null where it is not given. */
  @Nullable Float number(String key) throws ImportException {
    String text = options.getOrDefault(key, values.isEmpty() ? null : values.get(0));
    if (text == null) {
      return null;
    }
    try {
      float number = Float.parseFloat(text);
      if (Float.isFinite(number)) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told below, with what would be right.
    }
    throw refused("expected a number, got '%s'".formatted(text));
  }

  /**
   * The whole number of a key; the other one where it is not given.
   *
   * @param least that it may be
   */
  int count(String key, int least, int otherwise) throws ImportException {
    return options.containsKey(key)
        ? count(key, String.valueOf(options.get(key)), least)
        : otherwise;
  }

  /** The whole number at a place among those without a key; null where there is none. */
  @Nullable Integer count(int index, int least) throws ImportException {
    return index < values.size()
        ? count("argument " + (index + 1), values.get(index), least)
        : null;
  }

  private int count(String what, String text, int least) throws ImportException {
    try {
      int number = Integer.parseInt(text);
      if (number >= least && number <= MAX_COUNT) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told below, with what would be right.
    }
    throw refused("%s is '%s', not a whole number from %d".formatted(what, text, least));
  }

  ImportException refused(String detail) {
    return ImportException.config(pointer, "%s: %s".formatted(name, detail));
  }

  @Override
  public String toString() {
    if (values.isEmpty() && options.isEmpty()) {
      return name;
    }
    List<String> arguments = new ArrayList<>(values);
    options.forEach((key, value) -> arguments.add(key + "=" + value));
    return name + "(" + String.join(", ", arguments) + ")";
  }
}

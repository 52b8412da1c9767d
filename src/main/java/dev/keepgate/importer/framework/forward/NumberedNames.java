package dev.keepgate.importer.framework.forward;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names that differ in one number alone, and so have an order: {@code lstm1, lstm2}; {@code rnns.0,
 * rnns.1}; Keras' {@code lstm, lstm_1}.
 */
final class NumberedNames {

  /** The end of a part of a name that counts. */
  private static final Pattern NUMBER = Pattern.compile("(.*?)[_-]?(\\d{1,6})");

  /** A part that does not count. */
  private static final int NONE = -1;

  private record Numbered(List<String> stems, List<Integer> numbers) {
    static Numbered of(String name) {
      List<String> stems = new ArrayList<>();
      List<Integer> numbers = new ArrayList<>();
      for (String part : ModuleName.parts(name)) {
        Matcher number = NUMBER.matcher(part);
        boolean counts = number.matches();
        stems.add(counts ? String.valueOf(number.group(1)) : part);
        numbers.add(counts ? Integer.parseInt(number.group(2)) : NONE);
      }
      return new Numbered(stems, numbers);
    }
  }

  private NumberedNames() {}

  /**
   * The modules in the order of their numbers, which leave out none.
   *
   * @return null if their names are not numbered so
   */
  static @Nullable List<Module> order(List<Module> modules) {
    Numbered first = Numbered.of(modules.get(0).name());
    int place = NONE;
    for (Module module : modules.subList(1, modules.size())) {
      int differing = differing(first, Numbered.of(module.name()));
      if (differing == NONE || (place != NONE && place != differing)) {
        return null;
      }
      place = differing;
    }
    Map<Integer, Module> ordered = new TreeMap<>();
    for (Module module : modules) {
      ordered.put(place == NONE ? 0 : Numbered.of(module.name()).numbers().get(place), module);
    }
    return ordered.size() == modules.size() && leavesOutNone(ordered)
        ? List.copyOf(ordered.values())
        : null;
  }

  /** Whether a module's number is after another's, where their names differ in one number alone. */
  static @Nullable Boolean isAfter(Module module, Module other) {
    Numbered mine = Numbered.of(module.name());
    Numbered its = Numbered.of(other.name());
    int place = differing(mine, its);
    return place == NONE ? null : mine.numbers().get(place) > its.numbers().get(place);
  }

  private static int differing(Numbered one, Numbered other) {
    if (!one.stems().equals(other.stems())) {
      return NONE;
    }
    int place = NONE;
    for (int i = 0; i < one.numbers().size(); i++) {
      if (!one.numbers().get(i).equals(other.numbers().get(i))) {
        if (place != NONE) {
          return NONE;
        }
        place = i;
      }
    }
    return place;
  }

  /** Of numbers in order. The first may go without: lstm, lstm_1; or lstm, lstm2. */
  private static boolean leavesOutNone(Map<Integer, Module> ordered) {
    Integer before = null;
    for (Map.Entry<Integer, Module> each : ordered.entrySet()) {
      int number = each.getKey();
      boolean follows = before == null || number == before + 1 || (before == NONE && number <= 2);
      if (!follows) {
        return false;
      }
      before = number;
    }
    return true;
  }
}

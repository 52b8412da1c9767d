package dev.keepgate.importer.framework;

import dev.keepgate.importer.ImportException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The tensors that a request waives by name: patterns of whole names, or the names of modules. */
final class IgnoredTensors {

  private final List<Pattern> patterns;

  private IgnoredTensors(List<Pattern> patterns) {
    this.patterns = patterns;
  }

  /**
   * Reads the patterns.
   *
   * @throws ImportException if one of them is the name of nothing
   */
  static IgnoredTensors of(List<String> ignore, Collection<String> names) throws ImportException {
    List<Pattern> patterns = new ArrayList<>();
    for (String text : ignore) {
      Pattern pattern =
          Pattern.compile(
              Arrays.stream(text.split("\\*+", -1))
                      .map(Pattern::quote)
                      .collect(Collectors.joining(".*"))
                  + "([./].*)?");
      if (names.stream().noneMatch(name -> pattern.matcher(name).matches())) {
        throw ImportException.config(
            "/config/ignore/" + patterns.size(), "'%s' is the name of no tensor".formatted(text));
      }
      patterns.add(pattern);
    }
    return new IgnoredTensors(patterns);
  }

  boolean contains(String name) {
    return patterns.stream().anyMatch(pattern -> pattern.matcher(name).matches());
  }
}

package dev.keepgate.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every row of the page's table of risks names tests that are there. */
class SecurityPageTest {

  private static final Pattern ROW = Pattern.compile("(?m)^\\| (API\\d+) .*$");
  private static final Pattern TEST =
      Pattern.compile("`([A-Z]\\w+(?:Test|IT|Contract))(?:#(\\w+))?`");

  @Test
  void everyRiskHasItsTest() throws IOException {
    Map<String, Path> tests;
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      tests =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .collect(
                  Collectors.toMap(
                      file -> file.getFileName().toString().replace(".java", ""),
                      Function.identity(),
                      (one, other) -> one));
    }
    List<Matcher> rows =
        ROW.matcher(Files.readString(Path.of("src/docs/security.md")))
            .results()
            .map(row -> TEST.matcher(row.group()))
            .toList();
    assertThat(rows).hasSize(10);
    for (Matcher named : rows) {
      int count = 0;
      for (; named.find(); count++) {
        assertThat(tests).containsKey(named.group(1));
        String method = named.group(2);
        if (method != null) {
          assertThat(tests.get(named.group(1))).content().contains("void " + method + "(");
        }
      }
      assertThat(count).as("%s", named).isPositive();
    }
  }
}

package dev.keepgate.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How pages are read, and what counts as the same output. */
class SnippetTest {

  private static final Path PAGE = Path.of("page.md");

  @Test
  void codeHasTheOutputRightBehindIt() {
    List<Snippet> snippets =
        Snippet.read(
            PAGE,
            List.of(
                "# Title",
                "```sh",
                "curl a",
                "```",
                "",
                "```json",
                "{}",
                "```",
                "Text.",
                "```python",
                "print(1)",
                "```",
                "```text",
                "1",
                "```",
                "```sh",
                "mvn verify",
                "```"));
    assertThat(snippets)
        .containsExactly(
            new Snippet(PAGE, 3, "sh", "curl a", "{}"),
            new Snippet(PAGE, 11, "python", "print(1)", "1"),
            new Snippet(PAGE, 17, "sh", "mvn verify", ""));
    assertThat(snippets).extracting(Snippet::isClient).containsExactly(true, true, false);
  }

  @Test
  void fenceThatNobodyChecksIsRefused() {
    List<String> orphan = List.of("```sh", "curl a", "```", "Text.", "```json", "{}", "```");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Snippet.read(PAGE, orphan))
        .withMessageContaining("page.md:5");
    for (String fence : List.of("```", "```yaml", "```sh norun")) {
      List<String> lines = List.of(fence, "a", "```");
      assertThatIllegalArgumentException().isThrownBy(() -> Snippet.read(PAGE, lines));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Snippet.read(PAGE, List.of("```sh", "curl a")))
        .withMessageContaining("no end");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Snippet.read(PAGE, List.of("Text:", "", "    curl a")))
        .withMessageContaining("page.md:3");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[0.1, -2.5e-3] | [0.1000009,-0.0025]",
        "{\"id\": \"…\", \"n\": 3} | {\"id\":\"a-1\",\"n\":3}",
        "{…} | {}",
        "a … c … e | a b c d c e",
        "version 1 | version 1",
      })
  void same(String page, String text) {
    assertThat(Printed.matches(page, text)).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[0.1] | [0.100002]",
        "[0.1] | [-0.1]",
        "{\"n\": 3} | {\"n\": 4}",
        "[0.1] | [0.1, 0.2]",
        "[0.1, 0.2] | [0.1]",
        "a … c | a b d",
        "available | AVAILABLE",
      })
  void different(String page, String text) {
    assertThat(Printed.matches(page, text)).isFalse();
  }
}

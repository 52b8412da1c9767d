package dev.keepgate.pages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.registry.ModelRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/**
 * Runs what README and pages show, as printed but for the server's ports, and holds what that
 * prints against the page. All of it runs twice, as a reader's server need not be fresh.
 */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = "spring.grpc.server.port=0")
class PagesTest {

  private static final int PASSES = 2;
  private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#]*)(?:#([^)]*))?\\)");

  @TempDir static Path folder;

  @LocalServerPort private int port;
  @Autowired private GrpcServerLifecycle grpc;
  @Autowired private ModelRegistry models;

  @DynamicPropertySource
  static void repository(DynamicPropertyRegistry properties) {
    properties.add("keepgate.repository.path", () -> folder.resolve("models"));
  }

  @TestFactory
  Stream<DynamicTest> whatPagesShowIsWhatReadersGet() throws IOException {
    Awaitility.await().until(models::isReady);
    Shell shell = new Shell(folder, Map.of("8080", port, "9090", grpc.getPort()));
    List<Snippet> snippets = new ArrayList<>();
    for (Path page : Snippet.pages()) {
      Snippet.read(page).stream().filter(Snippet::isClient).forEach(snippets::add);
    }
    assertThat(snippets).extracting(Snippet::language).contains("sh", "python", "java");
    return Stream.iterate(1, pass -> pass + 1)
        .limit(PASSES)
        .flatMap(
            pass ->
                snippets.stream()
                    .map(
                        snippet ->
                            DynamicTest.dynamicTest(
                                snippet.name() + ", pass " + pass, () -> shell.check(snippet))));
  }

  @Test
  void linksLeadSomewhere() throws IOException {
    for (Path page : Snippet.pages()) {
      Matcher link = LINK.matcher(Files.readString(page));
      while (link.find()) {
        Path target = link.group(1).isEmpty() ? page : page.resolveSibling(link.group(1));
        assertThat(target.normalize()).as("%s: %s", page, link.group()).exists();
        if (link.group(2) != null) {
          assertThat(anchors(target)).as("%s: %s", page, link.group()).contains(link.group(2));
        }
      }
    }
  }

  /** What GitHub makes of a page's headings. */
  private static List<String> anchors(Path page) throws IOException {
    return Files.readAllLines(page).stream()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT))
        .map(title -> title.replaceAll("[^\\p{L}\\d _-]", "").replace(' ', '-'))
        .toList();
  }
}

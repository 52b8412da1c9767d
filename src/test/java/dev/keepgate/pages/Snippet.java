package dev.keepgate.pages;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Code of a page in a fence, with what it prints, which the fence behind it has.
 *
 * @param page its file
 * @param line of the page where the code begins
 * @param language of its fence
 * @param printed what it prints; empty for nothing
 */
record Snippet(Path page, int line, String language, String code, String printed) {

  private static final String FENCE = "```";
  private static final String INDENT = "    ";
  private static final Set<String> CODE = Set.of("sh", "python", "java");
  private static final Set<String> OUTPUT = Set.of("json", "text");

  /** Settings, which tests of their pages bind, and those pages. */
  private static final String SETTINGS = "yaml";

  private static final Set<String> PAGES_OF_SETTINGS = Set.of("security.md", "kafka.md");

  /** What builds, or starts servers, containers or clusters, and so is no client of a server. */
  private static final Set<String> NO_CLIENTS =
      Set.of("mvn", "java", "docker", "helm", "kubectl", "redis-server", "python");

  /** All pages that are read beside the code. */
  static List<Path> pages() throws IOException {
    try (Stream<Path> docs = Files.walk(Path.of("src/docs"))) {
      return Stream.concat(
              Stream.of(Path.of("README.md"), Path.of("CONTRIBUTING.md")),
              docs.filter(file -> file.toString().endsWith(".md")).sorted())
          .toList();
    }
  }

  /** A page's code, in order. */
  static List<Snippet> read(Path page) throws IOException {
    return read(page, Files.readAllLines(page));
  }

  /**
   * The code of a page's lines.
   *
   * @throws IllegalArgumentException if a fence has no language that is known here, has no end, or
   *     is output with no code right before it, or if code has no fence
   */
  static List<Snippet> read(Path page, List<String> lines) {
    List<Snippet> snippets = new ArrayList<>();
    boolean isBehindCode = false;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (!line.startsWith(FENCE)) {
        if (line.startsWith(INDENT) && (i == 0 || lines.get(i - 1).isBlank())) {
          throw new IllegalArgumentException(
              "%s:%d: code without a fence, which nobody checks".formatted(page, i + 1));
        }
        isBehindCode &= line.isBlank();
        continue;
      }
      String language = line.substring(FENCE.length());
      int begin = i + 1;
      i = end(page, lines, begin);
      String content = String.join("\n", lines.subList(begin, i));
      if (CODE.contains(language)) {
        snippets.add(new Snippet(page, begin + 1, language, content, ""));
        isBehindCode = true;
      } else if (OUTPUT.contains(language) && isBehindCode) {
        snippets.add(snippets.remove(snippets.size() - 1).printing(content));
        isBehindCode = false;
      } else if (language.equals(SETTINGS) && PAGES_OF_SETTINGS.stream().anyMatch(page::endsWith)) {
        isBehindCode = false;
      } else {
        throw new IllegalArgumentException(
            "%s:%d: '%s' is neither code nor what code printed".formatted(page, begin, line));
      }
    }
    return snippets;
  }

  private static int end(Path page, List<String> lines, int begin) {
    for (int i = begin; i < lines.size(); i++) {
      if (lines.get(i).equals(FENCE)) {
        return i;
      }
    }
    throw new IllegalArgumentException("%s:%d: the fence has no end".formatted(page, begin));
  }

  private Snippet printing(String text) {
    return new Snippet(page, line, language, code, text);
  }

  /** Whether it asks a server that runs. */
  boolean isClient() {
    return !language.equals("sh") || !NO_CLIENTS.contains(code.split("\\s", 2)[0]);
  }

  String name() {
    return page + ":" + line;
  }
}

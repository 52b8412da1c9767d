package dev.keepgate.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs snippets in the folder of the project, as their readers do.
 *
 * <p>Where a program or a Python package is missing, the calling test is skipped; with {@code
 * KEEPGATE_REQUIRE_SNIPPETS=true} it fails.
 *
 * @param folder for files that are on the way
 * @param ports what is free here or taken by the server, by what the pages have
 */
record Shell(Path folder, Map<String, Integer> ports) {

  private static final String REQUIRED = "KEEPGATE_REQUIRE_SNIPPETS";
  private static final Pattern PORT = Pattern.compile("(?<=localhost:|port=|port )\\d+");
  private static final Pattern IMPORT = Pattern.compile("(?m)^(?:import|from) (\\w+)");
  private static final long MINUTES = 6;

  /** Where a snippet fails, what it started ends too. */
  private static final String END_ALL = "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n";

  /** Runs a snippet, and holds what it prints against its page. */
  void check(Snippet snippet) throws IOException, InterruptedException {
    String printed = run(snippet);
    assertThat(Printed.matches(snippet.printed(), printed))
        .as("%s prints%n%s%nand its page says%n%s", snippet.name(), printed, snippet.printed())
        .isTrue();
  }

  private String run(Snippet snippet) throws IOException, InterruptedException {
    String code = PORT.matcher(snippet.code()).replaceAll(this::port);
    List<String> command =
        switch (snippet.language()) {
          case "python" -> List.of("python3", file("snippet.py", code));
          case "java" ->
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "jshell").toString(),
                  "-s",
                  file("snippet.jsh", code + "\n/exit\n"));
          default -> List.of("bash", "-euo", "pipefail", file("snippet.sh", END_ALL + code));
        };
    require(command.get(0), "--version");
    if (snippet.language().equals("python")) {
      Matcher imports = IMPORT.matcher(code);
      while (imports.find()) {
        require("python3", "-c", "import " + imports.group(1));
      }
    }
    Result result = run(command);
    assertThat(result.status())
        .as("%s ends well; it printed%n%s%s", snippet.name(), result.output(), result.errors())
        .isZero();
    return result.output();
  }

  private String port(MatchResult port) {
    return String.valueOf(ports.getOrDefault(port.group(), Integer.valueOf(port.group())));
  }

  private String file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content).toString();
  }

  /** Makes sure that a command works here. */
  void require(String... command) throws InterruptedException {
    boolean works;
    try {
      works = run(List.of(command)).status() == 0;
    } catch (IOException e) {
      works = false;
    }
    if (Boolean.parseBoolean(System.getenv(REQUIRED))) {
      assertThat(works).as("'%s' works, as %s asks", String.join(" ", command), REQUIRED).isTrue();
    }
    assumeTrue(works, "'" + String.join(" ", command) + "' does not work here");
  }

  private record Result(int status, String output, String errors) {}

  private Result run(List<String> command) throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    Path errors = folder.resolve("errors");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
    try {
      process.getOutputStream().close();
      assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).as("%s ends", command).isTrue();
      return new Result(process.exitValue(), Files.readString(output), Files.readString(errors));
    } finally {
      process.destroyForcibly();
    }
  }
}

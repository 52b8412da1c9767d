package dev.keepgate.api.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/** The page's files, without a browser. */
class PageFilesTest {

  private static final Path FILES = Path.of("src/main/resources/static");
  private static final String REQUIRED = "KEEPGATE_REQUIRE_CLIENTS";

  /** Where {@code npm ci} puts the compiler of the lock file. */
  private static final Path TSC = Path.of("target/typescript/node_modules/.bin/tsc");

  private static final int MOST_BYTES = 300_000;

  private static List<Path> scripts() throws IOException {
    try (Stream<Path> files = Files.list(FILES.resolve("page"))) {
      return files.filter(file -> file.toString().endsWith(".js")).sorted().toList();
    }
  }

  /** Nothing comes from elsewhere, and no script lies in the document. */
  @Test
  void filesNameNoOtherHost() throws IOException {
    try (Stream<Path> files = Files.walk(FILES)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String text = Files.readString(file).replace("http://www.w3.org/2000/svg", "");
        assertThat(text).as(file.toString()).doesNotContain("http://", "https://");
        assertThat(text).as(file.toString()).doesNotContain("innerHTML", "eval(", " style=\"");
      }
    }
  }

  @Test
  void everyScriptIsChecked() throws IOException {
    for (Path script : scripts()) {
      assertThat(Files.readString(script)).as(script.toString()).startsWith("// @ts-check\n/** ");
      assertThat(Files.readAllLines(script)).as(script.toString()).hasSizeLessThan(500);
    }
  }

  /** The types that the comments say hold. */
  @Test
  void typesHold(@TempDir Path folder) throws Exception {
    boolean hasCompiler = Files.isExecutable(TSC);
    if (Boolean.parseBoolean(System.getenv(REQUIRED))) {
      assertThat(hasCompiler).as("%s is here, as %s asks", TSC, REQUIRED).isTrue();
    }
    assumeTrue(hasCompiler, "Types are not checked, for want of " + TSC);
    List<String> command =
        new ArrayList<>(
            List.of(
                TSC.toString(),
                "--noEmit",
                "--allowJs",
                "--checkJs",
                "--strict",
                "--target",
                "es2023",
                "--module",
                "es2022",
                "--lib",
                "es2023,dom,dom.iterable"));
    scripts().forEach(script -> command.add(script.toString()));
    Path output = folder.resolve("output.txt");
    Process compiler =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(compiler.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(Files.readString(output, StandardCharsets.UTF_8)).isEmpty();
    assertThat(compiler.exitValue()).isZero();
  }

  @Test
  void allFilesTogetherAreSmall() throws IOException {
    List<byte[]> files = new ArrayList<>();
    try (Stream<Path> own = Files.walk(FILES)) {
      for (Path file : own.filter(Files::isRegularFile).toList()) {
        files.add(Files.readAllBytes(file));
      }
    }
    for (String name : List.of("uPlot.esm.js", "uPlot.min.css")) {
      Resource[] found =
          new PathMatchingResourcePatternResolver()
              .getResources("classpath:/META-INF/resources/webjars/uplot/*/dist/" + name);
      assertThat(found).hasSize(1);
      files.add(found[0].getContentAsByteArray());
    }
    long bytes = 0;
    for (byte[] file : files) {
      ByteArrayOutputStream compressed = new ByteArrayOutputStream();
      try (OutputStream out = new GZIPOutputStream(compressed)) {
        out.write(file);
      }
      bytes += compressed.size();
    }
    assertThat(bytes).isBetween(1L, (long) MOST_BYTES);
  }
}

package dev.keepgate.api.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.ModelBytes;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/**
 * The clients that openapi-generator makes of the documents compile, and what they ask of the
 * server they get. The build generates them before; their programs are in {@code src/test/clients}.
 *
 * <p>Where a tool is missing, its test is skipped; with {@code KEEPGATE_REQUIRE_CLIENTS=true} it
 * fails.
 */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {"spring.application.name=clients", "keepgate.repository.built-in=always"})
class GeneratedClientsIT {

  private static final Path GENERATED = Path.of("target/clients").toAbsolutePath();
  private static final Path PROGRAMS = Path.of("src/test/clients").toAbsolutePath();
  private static final String REQUIRED = "KEEPGATE_REQUIRE_CLIENTS";

  /** Where {@code npm ci} puts the compiler of the lock file. */
  private static final Path TSC = Path.of("target/typescript/node_modules/.bin/tsc");

  private static final String MODULES =
      "import pydantic, urllib3, dateutil; print(pydantic.VERSION)";

  @LocalServerPort private int port;
  @TempDir private Path folder;

  @DynamicPropertySource
  static void repository(DynamicPropertyRegistry properties) throws IOException {
    Path models = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "models-");
    properties.add("keepgate.repository.path", models::toString);
  }

  @BeforeEach
  void awaitReadiness() {
    Awaitility.await()
        .until(
            () ->
                RawHttp.send(
                            port,
                            new RawHttp.Request(
                                    "GET",
                                    "/actuator/health/readiness",
                                    List.of(),
                                    null,
                                    RawHttp.Framing.LENGTH)
                                .bytes())
                        .status()
                    == 200);
  }

  private Path modelFile() throws IOException {
    return Files.write(folder.resolve("model.pt"), ModelBytes.pytorch(3, 4, 1));
  }

  private String server() {
    return "http://localhost:" + port;
  }

  private record Ended(int status, String output) {}

  private Ended run(List<String> command, List<Path> pythonPath) throws Exception {
    Path output = Files.createTempFile(folder, "output", ".txt");
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().put("PYTHONPATH", joined(pythonPath));
    builder.redirectErrorStream(true).redirectOutput(output.toFile());
    try {
      Process process = builder.start();
      if (!process.waitFor(5, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        return new Ended(-1, "it does not end: " + command);
      }
      return new Ended(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    } catch (IOException e) {
      return new Ended(-1, String.valueOf(e.getMessage()));
    }
  }

  private static String joined(List<Path> paths) {
    return String.join(File.pathSeparator, paths.stream().map(Path::toString).toList());
  }

  private void assertRuns(List<String> command, List<Path> pythonPath) throws Exception {
    Ended ended = run(command, pythonPath);
    assertThat(ended.status()).as("%s: %s", command.get(0), ended.output()).isZero();
  }

  /** Skips the test, or fails it where no test may be skipped. */
  private static void require(boolean available, String tool) {
    if (Boolean.parseBoolean(System.getenv(REQUIRED))) {
      assertThat(available).as("%s is here, as %s asks", tool, REQUIRED).isTrue();
    }
    assumeTrue(available, "This client is not tested, for want of " + tool);
  }

  private static List<String> sources(Path... roots) throws IOException {
    List<String> sources = new ArrayList<>();
    for (Path root : roots) {
      try (Stream<Path> files = Files.walk(root)) {
        files.map(Path::toString).filter(file -> file.endsWith(".java")).forEach(sources::add);
      }
    }
    return sources;
  }

  @ParameterizedTest
  @ValueSource(strings = {"native", "restclient"})
  void java(String library) throws Exception {
    String classPath = System.getProperty("java.class.path");
    List<String> arguments =
        new ArrayList<>(
            List.of("-nowarn", "-proc:none", "-d", folder.toString(), "-cp", classPath));
    arguments.addAll(
        sources(
            GENERATED.resolve(library + "-v1/src/main"),
            GENERATED.resolve(library + "-v2/src/main"),
            PROGRAMS.resolve(library)));
    assertThat(
            ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, arguments.toArray(String[]::new)))
        .isZero();
    assertRuns(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            folder + File.pathSeparator + classPath,
            "Client",
            server(),
            modelFile().toString()),
        List.of());
  }

  /**
   * With every Python here that has the modules, the system's and the first of the path; the first
   * release of pydantic has a generator of its own.
   */
  @Test
  void python() throws Exception {
    int tested = 0;
    for (String python : List.of("/usr/bin/python3", "python3")) {
      Ended version = run(List.of(python, "-c", MODULES), List.of());
      if (version.status() != 0) {
        continue;
      }
      String client = version.output().startsWith("1.") ? "python-pydantic-v1" : "python";
      assertRuns(
          List.of(
              python,
              PROGRAMS.resolve("python/client.py").toString(),
              server(),
              modelFile().toString(),
              client),
          List.of(GENERATED.resolve(client + "-v1"), GENERATED.resolve(client + "-v2")));
      tested++;
    }
    require(tested > 0, "a Python with pydantic, urllib3 and dateutil");
  }

  @Test
  void typescript() throws Exception {
    String compiler = TSC.toAbsolutePath().toString();
    require(run(List.of(compiler, "--version"), List.of()).status() == 0, "TypeScript");
    copy(GENERATED.resolve("typescript-v1"), folder.resolve("v1"));
    copy(GENERATED.resolve("typescript-v2"), folder.resolve("v2"));
    copy(PROGRAMS.resolve("typescript"), folder);
    String options =
        "--strict --target es2020 --module commonjs --lib es2020,dom --outDir compiled client.ts";
    List<String> compile = new ArrayList<>(List.of(compiler));
    compile.addAll(Arrays.asList(options.split(" ")));
    assertRuns(compile, List.of());
    assertRuns(
        List.of(
            "node",
            folder.resolve("compiled/client.js").toString(),
            server(),
            modelFile().toString()),
        List.of());
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
  }
}

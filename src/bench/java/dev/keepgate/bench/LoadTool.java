package dev.keepgate.bench;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program of the system that sends requests, on one thread. */
enum LoadTool {
  WRK("wrk", "wrk"),
  H2LOAD("h2load", "nghttp2-client");

  /** How much longer than its load a tool may run, in seconds: what is sent is answered. */
  private static final int GRACE = 120;

  private final String program;
  private final String debianPackage;

  LoadTool(String program, String debianPackage) {
    this.program = program;
    this.debianPackage = debianPackage;
  }

  /**
   * To be asked before servers start.
   *
   * @throws IOException if the tool is not there
   */
  void require() throws IOException {
    start(List.of("--version"), Redirect.DISCARD).destroy();
  }

  /**
   * Runs the tool to its end.
   *
   * @param seconds of the load
   * @return what the tool wrote
   */
  String run(int seconds, List<String> arguments) throws IOException, InterruptedException {
    Path output = Files.createTempFile("keepgate-bench-", ".out");
    Process process = start(arguments, Redirect.to(output.toFile()));
    try {
      if (!process.waitFor(seconds + GRACE, TimeUnit.SECONDS)) {
        throw new IOException("%s did not end within %d s".formatted(program, seconds + GRACE));
      }
      String text = Files.readString(output);
      if (process.exitValue() != 0) {
        throw new IOException("%s ended with %d: %s".formatted(program, process.exitValue(), text));
      }
      return text;
    } finally {
      process.destroyForcibly();
      Files.delete(output);
    }
  }

  private Process start(List<String> arguments, Redirect output) throws IOException {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(arguments);
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output).start();
    } catch (IOException e) {
      throw new IOException(
          "%s does not start; it is in Debian's package %s".formatted(program, debianPackage), e);
    }
  }
}

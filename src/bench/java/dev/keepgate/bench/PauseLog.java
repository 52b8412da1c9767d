package dev.keepgate.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The garbage collector's pauses, as a JVM logs them. */
record PauseLog(Path file) {

  private static final Pattern PAUSE = Pattern.compile("Pause .* ([0-9.]+)ms");

  /** What the JVM has to be told. */
  List<String> options() {
    return List.of("-Xlog:gc:file=" + file);
  }

  /**
   * How long each pause took since there were so many, in milliseconds.
   *
   * @param seen how many are not to be told again
   */
  double[] since(int seen) throws IOException {
    return Files.readAllLines(file).stream()
        .map(PAUSE::matcher)
        .filter(Matcher::find)
        .skip(seen)
        .mapToDouble(pause -> Double.parseDouble(pause.group(1)))
        .toArray();
  }
}

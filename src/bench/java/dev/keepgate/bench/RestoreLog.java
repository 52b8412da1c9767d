package dev.keepgate.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;

/** What a server's log says of the states that it read back. */
final class RestoreLog {

  private RestoreLog() {}

  /** From the first line that says that states are read to the last that says that they were. */
  static double seconds(String main) throws IOException {
    List<OffsetDateTime> times =
        Files.readAllLines(Path.of("target", "bench", main + ".log")).stream()
            .filter(line -> line.contains(" states of ") && line.contains(" back from "))
            .map(line -> OffsetDateTime.parse(line.substring(0, line.indexOf(' '))))
            .toList();
    return Duration.between(times.get(0), times.get(times.size() - 1)).toMillis() / 1e3;
  }
}

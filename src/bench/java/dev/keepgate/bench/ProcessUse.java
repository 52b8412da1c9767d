package dev.keepgate.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** What processes use of the machine (Linux). */
final class ProcessUse {

  private ProcessUse() {}

  /** Microseconds of the processor since they began, all together. */
  static double micros(List<Long> pids) {
    return pids.stream()
        .map(pid -> ProcessHandle.of(pid).orElseThrow().info().totalCpuDuration().orElseThrow())
        .mapToDouble(Duration::toNanos)
        .sum()
        / 1e3;
  }

  /** Bytes of memory that a process has had at most. */
  static long resident(long pid) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
        .findFirst()
        .orElseThrow();
  }
}

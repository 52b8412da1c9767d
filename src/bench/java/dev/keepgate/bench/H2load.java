package dev.keepgate.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Clients that each make one gRPC call after the other, by {@code h2load}. */
final class H2load {

  private static final Pattern RESULT =
      Pattern.compile(
          "finished in \\S+, ([\\d.]+) req/s.*?requests: .* (\\d+) done, (\\d+) succeeded"
              + ".*?traffic: .* \\((\\d+)\\) data",
          Pattern.DOTALL);

  private H2load() {}

  /**
   * A call.
   *
   * @param method its path, {@code /service/method}
   * @param message what it sends
   * @param answer bytes of each message that answers it: a call that fails is answered by none
   * @param messages how often it sends the message, and is answered
   */
  record Call(String method, byte[] message, int answer, int messages) {}

  /** A message as gRPC sends it: not compressed, its length, its bytes. */
  static byte[] framed(byte[] message) {
    return ByteBuffer.allocate(5 + message.length)
        .put((byte) 0)
        .putInt(message.length)
        .put(message)
        .array();
  }

  /** Measures a call, which may not fail; a message has its part of the call's time. */
  static LoadResult run(int port, Call call, int clients, int seconds)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("keepgate-bench-");
    Path body = folder.resolve("body");
    Path log = folder.resolve("log");
    try {
      try (OutputStream out = Files.newOutputStream(body)) {
        for (int i = 0; i < call.messages(); i++) {
          out.write(framed(call.message()));
        }
      }
      String output =
          LoadTool.H2LOAD.run(
              seconds,
              List.of(
                  "-c" + clients,
                  "-D" + seconds,
                  "-d" + body,
                  "--log-file=" + log,
                  "-Hcontent-type: application/grpc",
                  "-Hte: trailers",
                  "http://127.0.0.1:" + port + call.method()));
      return result(output, micros(log), call).requireServed();
    } finally {
      Files.deleteIfExists(body);
      Files.deleteIfExists(log);
      Files.delete(folder);
    }
  }

  /** From first byte to last of each answer, sorted. */
  private static long[] micros(Path log) throws IOException {
    try (Stream<String> lines = Files.lines(log)) {
      return lines
          .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf('\t') + 1)))
          .sorted()
          .toArray();
    }
  }

  /** An error of gRPC's has status 200 too, but no data. */
  private static LoadResult result(String output, long[] micros, Call call) throws IOException {
    Matcher found = RESULT.matcher(output);
    if (!found.find() || micros.length == 0) {
      throw new IOException("h2load reported nothing: " + output);
    }
    long done = Long.parseLong(found.group(2));
    long length = (long) call.messages() * framed(new byte[call.answer()]).length;
    long served = Math.min(Long.parseLong(found.group(3)), Long.parseLong(found.group(4)) / length);
    return new LoadResult(
        call.messages() * Double.parseDouble(found.group(1)),
        quantile(micros, 0.5) / call.messages(),
        quantile(micros, 0.99) / call.messages(),
        0,
        Math.max(0, done - served));
  }

  private static double quantile(long[] sorted, double quantile) {
    return sorted[(int) Math.min(sorted.length - 1, sorted.length * quantile)];
  }
}

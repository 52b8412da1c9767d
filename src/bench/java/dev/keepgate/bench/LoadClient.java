package dev.keepgate.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/** Clients that each send one request after the other over a connection of their own. */
final class LoadClient {

  private LoadClient() {}

  /**
   * What a load saw.
   *
   * @param perSecond answers that served
   * @param p50Micros of those
   * @param p99Micros of those
   * @param errors all other answers
   */
  record Result(double perSecond, double p50Micros, double p99Micros, int errors) {}

  /**
   * What one client saw.
   *
   * @param nanos of the answers that served
   * @param errors answers that neither served nor refused to
   */
  record Sample(long[] nanos, int refused, int errors) {}

  /** A request of HTTP/1.1 as it goes over the wire. */
  static byte[] request(String path, String mediaType, byte[] body) {
    byte[] head =
        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nAccept: %s\r\nContent-Length: %d\r\n\r\n"
            .formatted(path, mediaType, mediaType, body.length)
            .getBytes(StandardCharsets.US_ASCII);
    byte[] request = Arrays.copyOf(head, head.length + body.length);
    System.arraycopy(body, 0, request, head.length, body.length);
    return request;
  }

  static Result run(int port, List<byte[]> requests, int clients, double seconds)
      throws InterruptedException, ExecutionException {
    return run(HttpExchange::new, port, requests, clients, seconds);
  }

  static Result run(
      Supplier<Exchange> protocol, int port, List<byte[]> requests, int clients, double seconds)
      throws InterruptedException, ExecutionException {
    long begun = System.nanoTime();
    List<Sample> samples = samples(protocol, port, requests, clients, seconds);
    double took = (System.nanoTime() - begun) / 1e9;
    long[] all = sorted(samples);
    int errors = samples.stream().mapToInt(s -> s.refused() + s.errors()).sum();
    return new Result(all.length / took, micros(all, 0.5), micros(all, 0.99), errors);
  }

  /** Of all clients, in nanoseconds. */
  static long[] sorted(List<Sample> samples) {
    return samples.stream().flatMapToLong(s -> Arrays.stream(s.nanos())).sorted().toArray();
  }

  static List<Sample> samples(int port, List<byte[]> requests, int clients, double seconds)
      throws InterruptedException, ExecutionException {
    return samples(HttpExchange::new, port, requests, clients, seconds);
  }

  private static List<Sample> samples(
      Supplier<Exchange> protocol, int port, List<byte[]> requests, int clients, double seconds)
      throws InterruptedException, ExecutionException {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    try (LoadLoop loop = new LoadLoop(protocol, port, requests, clients, end)) {
      return loop.run();
    } catch (IOException e) {
      throw new ExecutionException(e);
    }
  }

  static double micros(long[] sorted, double quantile) {
    return sorted.length == 0
        ? 0
        : sorted[(int) Math.min(sorted.length - 1, sorted.length * quantile)] / 1e3;
  }
}

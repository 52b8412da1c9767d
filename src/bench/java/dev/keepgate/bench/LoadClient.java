package dev.keepgate.bench;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clients that each send one request after the other over a connection of their own. */
final class LoadClient {

  private LoadClient() {}

  /**
   * What a load saw.
   *
   * @param perSecond answers of status 200
   * @param p50Micros of those
   * @param p99Micros of those
   * @param errors answers of any other status
   */
  record Result(double perSecond, double p50Micros, double p99Micros, int errors) {}

  /**
   * What one client saw.
   *
   * @param refused answers of status 429
   * @param errors answers of any other status than that and 200
   */
  record Sample(long[] nanos, int refused, int errors) {}

  /** A request as it goes over the wire. */
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
    long begun = System.nanoTime();
    List<Sample> samples = samples(port, requests, clients, seconds);
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
    long end = System.nanoTime() + (long) (seconds * 1e9);
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try {
      List<Callable<Sample>> loops = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        // Spread out, so that clients do not follow each other.
        int first = (int) ((long) i * requests.size() / clients);
        loops.add(() -> loop(port, requests, first, end));
      }
      List<Sample> samples = new ArrayList<>();
      for (Future<Sample> each : threads.invokeAll(loops)) {
        samples.add(each.get());
      }
      return samples;
    } finally {
      threads.shutdownNow();
    }
  }

  static double micros(long[] sorted, double quantile) {
    return sorted.length == 0
        ? 0
        : sorted[(int) Math.min(sorted.length - 1, sorted.length * quantile)] / 1e3;
  }

  private static Sample loop(int port, List<byte[]> requests, int first, long end)
      throws IOException {
    long[] nanos = new long[1024];
    int count = 0;
    int refused = 0;
    int errors = 0;
    try (Connection connection = new Connection(port)) {
      for (int i = first; System.nanoTime() < end; i++) {
        long begun = System.nanoTime();
        int status = connection.exchange(requests.get(i % requests.size()));
        if (status != 200) {
          refused += status == 429 ? 1 : 0;
          errors += status == 429 ? 0 : 1;
          continue;
        }
        if (count == nanos.length) {
          nanos = Arrays.copyOf(nanos, 2 * count);
        }
        nanos[count++] = System.nanoTime() - begun;
      }
    }
    return new Sample(Arrays.copyOf(nanos, count), refused, errors);
  }

  /** One request at a time; opened again after an answer with which the server closes it. */
  private static final class Connection implements AutoCloseable {

    private final int port;
    private Socket socket;
    private InputStream in;

    Connection(int port) throws IOException {
      this.port = port;
      this.socket = open(port);
      this.in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
    }

    private static Socket open(int port) throws IOException {
      Socket socket = new Socket("localhost", port);
      socket.setTcpNoDelay(true);
      return socket;
    }

    /** Sends a request, reads its answer to the end, and returns its status. */
    int exchange(byte[] request) throws IOException {
      socket.getOutputStream().write(request);
      int status = Integer.parseInt(line(in).split(" ", 3)[1]);
      long length = -1;
      boolean last = false;
      for (String header = line(in); !header.isEmpty(); header = line(in)) {
        String lower = header.toLowerCase(Locale.ROOT);
        last |= lower.equals("connection: close");
        if (lower.startsWith("content-length:")) {
          length = Long.parseLong(header.substring(15).strip());
        }
      }
      skipBody(length);
      if (last) {
        socket.close();
        socket = open(port);
        in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
      }
      return status;
    }

    private void skipBody(long length) throws IOException {
      if (length >= 0) {
        in.skipNBytes(length);
        return;
      }
      for (int size = chunk(in); size > 0; size = chunk(in)) {
        in.skipNBytes(size + 2L);
      }
      String unused = line(in);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static int chunk(InputStream in) throws IOException {
    return Integer.parseInt(line(in), 16);
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException("the server closed the connection");
      }
      if (next != '\r') {
        line.append((char) next);
      }
    }
    return line.toString();
  }
}

package dev.keepgate.bench;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Clients that each call one gRPC method, a call after the other, over a connection of their own
 * (RFC 9113, and gRPC over HTTP/2). As bare as {@link LoadClient}: what a client does with an answer
 * is not what is measured.
 */
final class GrpcLoadClient implements AutoCloseable {

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RESET = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int ACK = 1;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int INITIAL_WINDOW_SIZE = 4;
  private static final int WINDOW = 1 << 30;
  private static final int MAX_FRAME = 1 << 14;

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;
  private final byte[] headers;
  private int stream = -1;
  private int received;

  private record Sample(List<Long> nanos, int errors) {}

  static LoadClient.Result run(
      int port, String method, List<byte[]> messages, int clients, double seconds)
      throws InterruptedException, ExecutionException {
    long begun = System.nanoTime();
    long end = begun + (long) (seconds * 1e9);
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try {
      List<Callable<Sample>> loops = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        int first = i;
        loops.add(() -> loop(port, method, messages, first, end));
      }
      List<Long> all = new ArrayList<>();
      int errors = 0;
      for (Future<Sample> each : threads.invokeAll(loops)) {
        all.addAll(each.get().nanos());
        errors += each.get().errors();
      }
      double took = (System.nanoTime() - begun) / 1e9;
      Collections.sort(all);
      return new LoadClient.Result(all.size() / took, micros(all, 0.5), micros(all, 0.99), errors);
    } finally {
      threads.shutdownNow();
    }
  }

  private static double micros(List<Long> sorted, double quantile) {
    return sorted.isEmpty() ? 0 : sorted.get((int) (sorted.size() * quantile)) / 1e3;
  }

  private static Sample loop(
      int port, String method, List<byte[]> messages, int first, long end) throws IOException {
    List<Long> nanos = new ArrayList<>();
    int errors = 0;
    try (GrpcLoadClient client = new GrpcLoadClient(port, method)) {
      for (int i = first; System.nanoTime() < end; i++) {
        long begun = System.nanoTime();
        if (client.ask(messages.get(i % messages.size()))) {
          nanos.add(System.nanoTime() - begun);
        } else {
          errors++;
        }
      }
    }
    return new Sample(nanos, errors);
  }

  private GrpcLoadClient(int port, String method) throws IOException {
    socket = new Socket("localhost", port);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
    out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), 1 << 16));
    headers = headers(method);
    out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    frame(6, SETTINGS, 0, 0);
    out.writeShort(INITIAL_WINDOW_SIZE);
    out.writeInt(WINDOW);
    openWindow(WINDOW - 65_535);
    out.flush();
  }

  /** The request's fields, none of them indexed (RFC 7541). */
  private static byte[] headers(String method) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(0x83); // :method POST
    block.write(0x86); // :scheme http
    block.write(0x04); // :path
    text(block, method);
    block.write(0x01); // :authority
    text(block, "localhost");
    block.write(0x0f); // content-type
    block.write(0x10);
    text(block, "application/grpc");
    block.write(0x00);
    text(block, "te");
    text(block, "trailers");
    return block.toByteArray();
  }

  private static void text(ByteArrayOutputStream block, String text) {
    block.write(text.length());
    block.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
  }

  private void frame(int length, int type, int flags, int id) throws IOException {
    out.writeByte(length >>> 16);
    out.writeShort(length);
    out.writeByte(type);
    out.writeByte(flags);
    out.writeInt(id);
  }

  private void openWindow(int bytes) throws IOException {
    frame(4, WINDOW_UPDATE, 0, 0);
    out.writeInt(bytes);
  }

  /** Sends a message; whether there is one in the answer, which a failure has not. */
  private boolean ask(byte[] message) throws IOException {
    stream += 2;
    frame(headers.length, HEADERS, END_HEADERS, stream);
    out.write(headers);
    int length = 5 + message.length;
    for (int from = 0; from < length; from += MAX_FRAME) {
      int size = Math.min(MAX_FRAME, length - from);
      frame(size, DATA, from + size == length ? END_STREAM : 0, stream);
      if (from == 0) {
        out.writeByte(0);
        out.writeInt(message.length);
        out.write(message, 0, size - 5);
      } else {
        out.write(message, from - 5, size);
      }
    }
    out.flush();
    return readAnswer();
  }

  private boolean readAnswer() throws IOException {
    boolean hasMessage = false;
    while (true) {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int id = in.readInt() & 0x7fffffff;
      if (type == PING && (flags & ACK) == 0) {
        long payload = in.readLong();
        frame(8, PING, ACK, 0);
        out.writeLong(payload);
        out.flush();
        continue;
      }
      in.skipNBytes(length);
      switch (type) {
        case SETTINGS -> acknowledge(flags);
        case DATA -> {
          hasMessage |= length > 5;
          consumed(length);
        }
        case RESET, GOAWAY -> throw new IOException("the server ended the call or connection");
        default -> {
          // Headers, and windows that are never full.
        }
      }
      boolean ends = (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
      if (ends && id == stream) {
        return hasMessage;
      }
    }
  }

  private void acknowledge(int flags) throws IOException {
    if ((flags & ACK) == 0) {
      frame(0, SETTINGS, ACK, 0);
      out.flush();
    }
  }

  private void consumed(int bytes) throws IOException {
    received += bytes;
    if (received > WINDOW / 2) {
      openWindow(received);
      received = 0;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

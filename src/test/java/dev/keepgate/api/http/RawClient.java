package dev.keepgate.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that sends what it likes, and reads answers or does not. */
final class RawClient implements AutoCloseable {

  static final String CELL = "/v1/models/notebook-cell/step";
  static final String STEP = post(CELL, "{\"x\": [[1,2,3,4,3,2]]}");

  private static final int PATIENCE_MILLIS = 60_000;

  private final Socket socket;
  private final InputStream in;

  RawClient(int port) throws IOException {
    this("localhost", port);
  }

  RawClient(String host, int port) throws IOException {
    socket = new Socket(host, port);
    socket.setSoTimeout(PATIENCE_MILLIS);
    in = new BufferedInputStream(socket.getInputStream());
  }

  record Answer(int status, String head, String body) {

    boolean isLast() {
      return head.contains("Connection: close");
    }
  }

  static String head(String path, String rest) {
    return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + rest;
  }

  static String post(String path, String body) {
    return head(path, "Content-Length: " + body.length() + "\r\n\r\n" + body);
  }

  RawClient send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  Answer ask(String request) throws IOException {
    return send(request).read();
  }

  /** Reads an answer that says how long it is. */
  Answer read() throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("after '" + head + "'");
      }
      head.append((char) next);
    }
    String length = head.substring(head.indexOf("Content-Length: ") + 16).lines().findFirst().get();
    byte[] body = in.readNBytes(Integer.parseInt(length));
    assertThat(body).hasSize(Integer.parseInt(length));
    return new Answer(
        Integer.parseInt(head.substring(9, 12)),
        head.toString(),
        new String(body, StandardCharsets.ISO_8859_1));
  }

  /** Ends what is sent; answers can still be read. */
  RawClient endOutput() throws IOException {
    socket.shutdownOutput();
    return this;
  }

  /** Bytes up to the connection's end, however it ends. */
  long drain() {
    long count = 0;
    try {
      while (in.read() >= 0) {
        count++;
      }
    } catch (IOException e) {
      // It was reset.
    }
    return count;
  }

  /** Whether the server has ended the connection. */
  boolean isEnded() {
    try {
      socket.setSoTimeout(1);
      return in.read() < 0;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

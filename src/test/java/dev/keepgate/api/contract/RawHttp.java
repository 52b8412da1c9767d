package dev.keepgate.api.contract;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/** HTTP/1.1 as it goes over the wire, so that it can be sent broken. */
final class RawHttp {

  private static final int TIMEOUT_MILLIS = 60_000;

  private RawHttp() {}

  /** How a body is told from what follows it. */
  enum Framing {
    LENGTH,
    CHUNKED,
    /** Says that it is longer than it is. */
    TRUNCATED,
    /** Chunks whose sizes are no numbers. */
    BROKEN_CHUNKS
  }

  /**
   * A request.
   *
   * @param target path and query string, not encoded any further
   * @param body null for none
   */
  record Request(
      String method,
      String target,
      List<Map.Entry<String, String>> headers,
      byte @Nullable [] body,
      Framing framing) {

    @Nullable String header(String name) {
      return headers.stream()
          .filter(header -> header.getKey().equalsIgnoreCase(name))
          .map(Map.Entry::getValue)
          .findFirst()
          .orElse(null);
    }

    boolean isWhole() {
      return framing == Framing.LENGTH || framing == Framing.CHUNKED;
    }

    byte[] bytes() {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
      head.append("Host: localhost\r\nConnection: close\r\n");
      headers.forEach(
          header -> head.append(header.getKey()).append(": ").append(header.getValue() + "\r\n"));
      byte[] content = body;
      if (content != null && framing != Framing.CHUNKED && framing != Framing.BROKEN_CHUNKS) {
        int missing = framing == Framing.TRUNCATED ? 7 : 0;
        head.append("Content-Length: ").append(content.length + missing).append("\r\n");
      } else if (content != null) {
        head.append("Transfer-Encoding: chunked\r\n");
      }
      out.writeBytes(head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
      if (content != null && framing == Framing.CHUNKED) {
        writeChunks(out, content);
      } else if (content != null) {
        out.writeBytes(
            framing == Framing.BROKEN_CHUNKS
                ? "no number\r\n".getBytes(StandardCharsets.UTF_8)
                : new byte[0]);
        out.writeBytes(content);
      }
      return out.toByteArray();
    }

    private static void writeChunks(ByteArrayOutputStream out, byte[] content) {
      for (int from = 0; from < content.length; from += 100) {
        int size = Math.min(100, content.length - from);
        out.writeBytes((Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.UTF_8));
        out.write(content, from, size);
        out.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
      }
      out.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
      byte[] bytes = bytes();
      String text = new String(bytes, 0, Math.min(bytes.length, 2000), StandardCharsets.UTF_8);
      return text + (bytes.length > 2000 ? "... (%d bytes)".formatted(bytes.length) : "");
    }
  }

  /**
   * An answer.
   *
   * @param headers by name in lower case
   * @param body unpacked
   */
  record Response(int status, Map<String, String> headers, byte[] body) {

    String mediaType() {
      return headers.getOrDefault("content-type", "none").replaceAll(";.*", "");
    }

    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
      String text = text();
      return status + " " + headers + "\n" + text.substring(0, Math.min(text.length(), 2000));
    }
  }

  /** Sends the bytes and the end of the stream, and reads until the server closes it. */
  static Response send(int port, byte[] request) throws IOException {
    try (Socket socket = new Socket("localhost", port)) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      try {
        socket.getOutputStream().write(request);
        socket.shutdownOutput();
      } catch (IOException e) {
        // The server may answer and leave before it has read all.
      }
      return parse(socket.getInputStream().readAllBytes());
    }
  }

  private static Response parse(byte[] bytes) throws IOException {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    if (text.startsWith("HTTP/1.1 100")) {
      return parse(
          text.substring(text.indexOf("\r\n\r\n") + 4).getBytes(StandardCharsets.ISO_8859_1));
    }
    int end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      throw new IOException("no answer, but '" + text + "'");
    }
    String[] head = text.substring(0, end).split("\r\n", -1);
    Map<String, String> headers = new TreeMap<>();
    for (String line : List.of(head).subList(1, head.length)) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    byte[] body = text.substring(end + 4).getBytes(StandardCharsets.ISO_8859_1);
    if ("chunked".equals(headers.get("transfer-encoding"))) {
      body = unchunked(body);
    }
    return new Response(
        Integer.parseInt(head[0].substring(9, 12)),
        headers,
        unpacked(body, headers.get("content-encoding")));
  }

  private static byte[] unchunked(byte[] body) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String text = new String(body, StandardCharsets.ISO_8859_1);
    for (int at = 0; ; ) {
      int line = text.indexOf("\r\n", at);
      if (line < 0) {
        throw new IOException("the chunks have no end");
      }
      int size = Integer.parseInt(text.substring(at, line), 16);
      if (size == 0) {
        return out.toByteArray();
      }
      out.write(body, line + 2, size);
      at = line + 2 + size + 2;
    }
  }

  private static byte[] unpacked(byte[] body, @Nullable String coding) throws IOException {
    if (coding == null) {
      return body;
    }
    ByteArrayInputStream packed = new ByteArrayInputStream(body);
    try (InputStream in =
        coding.equals("gzip") ? new GZIPInputStream(packed) : new InflaterInputStream(packed)) {
      return in.readAllBytes();
    }
  }
}

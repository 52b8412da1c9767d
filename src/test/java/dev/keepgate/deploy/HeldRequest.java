package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A request whose controller waits for the rest of its body. */
final class HeldRequest implements AutoCloseable {

  private static final String GO_ON = "HTTP/1.1 100 \r\n\r\n";

  private final Socket socket;
  private final byte[] body;

  private HeldRequest(Socket socket, byte[] body) {
    this.socket = socket;
    this.body = body;
  }

  static HeldRequest post(Server server, String path, String json) throws IOException {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    String head =
        """
        POST %s HTTP/1.1
        Host: localhost
        Connection: close
        Content-Type: application/json
        Content-Length: %d
        Expect: 100-continue

        """
            .formatted(path, body.length);
    Socket socket = new Socket("localhost", server.address().getPort());
    try {
      socket.setSoTimeout(60_000);
      socket.getOutputStream().write(head.replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8));
      // It says this when the request is a controller's already.
      byte[] goOn = socket.getInputStream().readNBytes(GO_ON.length());
      assertThat(new String(goOn, StandardCharsets.UTF_8)).startsWith("HTTP/1.1 100");
      socket.getOutputStream().write(body, 0, body.length / 2);
      return new HeldRequest(socket, body);
    } catch (IOException | AssertionError e) {
      socket.close();
      throw e;
    }
  }

  /** A request that announces a body of so many bytes, and sends none. */
  static HeldRequest announce(Server server, String path, int length) throws IOException {
    String head =
        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            .formatted(path, length);
    Socket socket = new Socket("localhost", server.address().getPort());
    socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
    return new HeldRequest(socket, new byte[0]);
  }

  /** Sends the rest; head and body of the answer. */
  String finish() throws IOException {
    socket.getOutputStream().write(body, body.length / 2, body.length - body.length / 2);
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

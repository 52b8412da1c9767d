package dev.keepgate.sequence;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A Redis to break: durable at every write, as long as the machine stands. */
public interface RedisServer extends AutoCloseable {

  String host();

  int port();

  /** SIGKILL. */
  void kill() throws Exception;

  /** Starts it again, with what it had. */
  void restart() throws Exception;

  @Override
  void close();

  /** Asks it something on a connection of its own; the first of what it says, or nothing. */
  default String command(String command) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host(), port()), 1000);
      socket.setSoTimeout(1000);
      socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
      byte[] answer = new byte[256];
      int length = socket.getInputStream().read(answer);
      return length < 0 ? "" : new String(answer, 0, length, StandardCharsets.US_ASCII);
    } catch (IOException e) {
      return "";
    }
  }
}

package dev.keepgate.sequence;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

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
    return send((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
  }

  /** Asks it something whose words may be anything; one that begins with hex: stands for bytes. */
  default String command(List<String> words) {
    ByteArrayOutputStream command = new ByteArrayOutputStream();
    command.writeBytes("*%d\r\n".formatted(words.size()).getBytes(StandardCharsets.US_ASCII));
    for (String word : words) {
      byte[] bytes =
          word.startsWith("hex:")
              ? HexFormat.of().parseHex(word.substring(4))
              : word.getBytes(StandardCharsets.US_ASCII);
      command.writeBytes("$%d\r\n".formatted(bytes.length).getBytes(StandardCharsets.US_ASCII));
      command.writeBytes(bytes);
      command.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
    }
    return send(command.toByteArray());
  }

  private String send(byte[] command) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host(), port()), 1000);
      socket.setSoTimeout(1000);
      socket.getOutputStream().write(command);
      byte[] answer = new byte[256];
      int length = socket.getInputStream().read(answer);
      return length < 0 ? "" : new String(answer, 0, length, StandardCharsets.US_ASCII);
    } catch (IOException e) {
      return "";
    }
  }
}

package dev.keepgate.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** The answer to a request whose headers no client library would send. */
record RawAnswer(int status, String head, String body) {

  static RawAnswer ask(
      int port, String method, String path, Map<String, String> headers, String body)
      throws IOException {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("Host", "localhost:" + port);
    all.put("Connection", "close");
    all.put("Content-Type", "application/json");
    all.put("Content-Length", Integer.toString(body.length()));
    all.putAll(headers);
    StringBuilder request = new StringBuilder("%s %s HTTP/1.1\r\n".formatted(method, path));
    all.forEach((name, value) -> request.append("%s: %s\r\n".formatted(name, value)));
    request.append("\r\n").append(body);
    try (Socket socket = new Socket("localhost", port)) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.UTF_8));
      String text = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int end = text.indexOf("\r\n\r\n");
      assertThat(end).as(text).isPositive();
      return new RawAnswer(
          Integer.parseInt(text.substring(9, 12)), text.substring(0, end), text.substring(end + 4));
    }
  }

  /** Empty where there is none; joined where there are several. */
  String header(String name) {
    StringBuilder values = new StringBuilder();
    for (String line : head.split("\r\n", -1)) {
      if (line.regionMatches(true, 0, name + ":", 0, name.length() + 1)) {
        values
            .append(values.isEmpty() ? "" : ", ")
            .append(line.substring(name.length() + 1).trim());
      }
    }
    return values.toString();
  }
}

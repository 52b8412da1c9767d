package dev.keepgate.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

/** Runs what the page on replicas shows: two packaged servers and a Redis. */
class ReplicasPageIT {

  private static final Path PAGE = Path.of("src/docs/replicas.md");
  private static final List<String> PORTS = List.of("6390", "8091", "8092", "9091", "9092");

  @TempDir Path folder;

  @RepeatedTest(2)
  void whatOneServesTheOtherServes() throws Exception {
    List<Snippet> snippets = Snippet.read(PAGE);
    assertThat(snippets).singleElement().matches(snippet -> !snippet.isClient());
    Shell shell = new Shell(folder, freePorts());
    shell.require("redis-server", "--version");
    shell.check(snippets.get(0));
  }

  private static Map<String, Integer> freePorts() throws IOException {
    Map<String, Integer> ports = new HashMap<>();
    List<ServerSocket> taken = new ArrayList<>();
    try {
      for (String port : PORTS) {
        ServerSocket socket = new ServerSocket(0);
        taken.add(socket);
        ports.put(port, socket.getLocalPort());
      }
    } finally {
      for (ServerSocket socket : taken) {
        socket.close();
      }
    }
    return ports;
  }
}

package dev.keepgate.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.KeepgateApplication;
import dev.keepgate.api.http.RawClient.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** Servers that end while clients ask them. */
class HttpShutdownTest {

  @Test
  void noRequestIsLost(@TempDir Path models) throws Exception {
    ConfigurableApplicationContext server = start(models, "--keepgate.connections.drain=300ms");
    try (BusyClients clients = new BusyClients("localhost", port(server))) {
      server.close();
      clients.assertNoRequestWasLost();
    } finally {
      server.close();
    }
  }

  @Test
  void idleConnectionsDoNotHoldItUpAndLateRequestsAreServed(@TempDir Path models) throws Exception {
    ConfigurableApplicationContext server = start(models);
    try (RawClient idle = new RawClient(port(server));
        RawClient late = new RawClient(port(server))) {
      assertThat(idle.ask(RawClient.STEP).isLast()).isFalse();
      late.send(RawClient.head(RawClient.CELL, ""));
      Thread closing = new Thread(server::close);
      closing.start();
      assertThat(idle.drain()).isZero();
      String rest = "Content-Length: 22\r\n\r\n{\"x\": [[1,2,3,4,3,2]]}";
      Answer answer = late.ask(rest);
      assertThat(answer.status()).as(answer.body()).isEqualTo(200);
      assertThat(answer.isLast()).isTrue();
      closing.join();
    } finally {
      server.close();
    }
  }

  private static ConfigurableApplicationContext start(Path models, String... options) {
    List<String> arguments = new ArrayList<>(List.of(options));
    arguments.add("--server.port=0");
    arguments.add("--keepgate.repository.path=" + models);
    ConfigurableApplicationContext server =
        SpringApplication.run(KeepgateApplication.class, arguments.toArray(String[]::new));
    int port = port(server);
    Awaitility.await()
        .until(
            () -> {
              try (RawClient client = new RawClient(port)) {
                return client.ask(RawClient.STEP).status() == 200;
              }
            });
    return server;
  }

  private static int port(ConfigurableApplicationContext server) {
    return Integer.parseInt(server.getEnvironment().getRequiredProperty("local.server.port"));
  }
}

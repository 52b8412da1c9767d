package dev.keepgate.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.KeepgateApplication;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/** Where a server may be reached, by whether it asks who comes. */
@ExtendWith(OutputCaptureExtension.class)
class LoopbackDefaultsTest {

  @TempDir Path folder = Path.of("");

  private ConfigurableApplicationContext start(String... settings) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--server.port=0",
                "--spring.grpc.server.port=0",
                "--management.server.port=0",
                "--spring.main.banner-mode=off",
                "--keepgate.repository.built-in=never",
                "--keepgate.connections.drain=0s",
                "--keepgate.repository.path=" + folder.resolve("models")));
    arguments.addAll(List.of(settings));
    return new SpringApplication(KeepgateApplication.class).run(arguments.toArray(String[]::new));
  }

  private static List<Integer> ports(ConfigurableApplicationContext server) {
    return List.of(
        server.getEnvironment().getRequiredProperty("local.server.port", Integer.class),
        server.getEnvironment().getRequiredProperty("local.management.port", Integer.class),
        server.getBean(GrpcServerLifecycle.class).getPort());
  }

  /** An address of this machine that is not loopback's. */
  private static InetAddress outside() throws IOException {
    return Collections.list(NetworkInterface.getNetworkInterfaces()).stream()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
        .findFirst()
        .orElse(InetAddress.getLoopbackAddress());
  }

  private static boolean isReached(InetAddress address, int port) throws IOException {
    try (Socket socket = new Socket(address, port)) {
      return socket.isConnected();
    } catch (ConnectException e) {
      return false;
    }
  }

  private static void assertReached(List<Integer> ports, boolean fromOutside) throws IOException {
    InetAddress outside = outside();
    Assumptions.assumeFalse(outside.isLoopbackAddress(), "this machine has a network");
    for (int port : ports) {
      assertThat(isReached(InetAddress.getLoopbackAddress(), port)).isTrue();
      assertThat(isReached(outside, port)).as("%s:%d", outside, port).isEqualTo(fromOutside);
    }
  }

  @Test
  void serverWithoutCredentialsIsItsMachinesOwn() throws Exception {
    try (ConfigurableApplicationContext server = start()) {
      assertReached(ports(server), false);
    }
  }

  @Test
  void openServerIsReachedFromOutside() throws Exception {
    try (ConfigurableApplicationContext server = start("--keepgate.security.open=true")) {
      assertReached(ports(server), true);
    }
  }

  @Test
  void openServerSaysWhichCredentialsItDoesNotAskFor(CapturedOutput output) {
    try (ConfigurableApplicationContext server =
        start(
            "--server.address=127.0.0.1",
            "--keepgate.security.open=true",
            "--keepgate.security.keys-file=" + folder.resolve("keys.yml"),
            "--keepgate.security.jwt.key-set=https://login.example/keys")) {
      assertThat(server.isRunning()).isTrue();
    }
    assertThat(output.getOut().lines().filter(line -> line.contains("security.open=true")))
        .singleElement()
        .asString()
        .contains("WARN", "keepgate.security.keys-file, keepgate.security.jwt is not asked for");
  }

  @Test
  void serverWithKeysIsReachedFromOutside() throws Exception {
    Path keys = folder.resolve("keys.yml");
    try (ConfigurableApplicationContext server =
        start(
            "--keepgate.security.keys-file=" + keys, "--keepgate.security.create-keys-file=true")) {
      assertReached(ports(server), true);
      assertThat(Files.exists(folder.resolve("first-key"))).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"server.address", "spring.grpc.server.address", "management.server.address"})
  void serverWithoutCredentialsDoesNotStartElsewhere(String setting, CapturedOutput output) {
    assertThat(catchStart("--" + setting + "=0.0.0.0")).isInstanceOf(OpenAddressException.class);
    assertThat(output)
        .contains(setting + "=0.0.0.0 is reached from other machines")
        .contains("keepgate.security.keys-file=<file>")
        .contains("leave the address out")
        .contains("keepgate.security.open=true");
  }

  @Test
  void serverWithoutItsKeysFileDoesNotStart(CapturedOutput output) {
    assertThat(catchStart("--keepgate.security.keys-file=" + folder.resolve("none.yml")))
        .hasRootCauseInstanceOf(KeysFileException.class);
    assertThat(output)
        .contains("none.yml: is not there")
        .contains("create-key --name <name>")
        .contains("keepgate.security.create-keys-file=true");
  }

  private Throwable catchStart(String setting) {
    try (ConfigurableApplicationContext server = start(setting)) {
      throw new AssertionError("the server has started: " + server);
    } catch (RuntimeException e) {
      return e;
    }
  }
}

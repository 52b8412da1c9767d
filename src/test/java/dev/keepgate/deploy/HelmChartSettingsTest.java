package dev.keepgate.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.KeepgateApplication;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/** A server with the settings that the chart makes. */
class HelmChartSettingsTest {

  private static final char[] PASSWORD = "password".toCharArray();

  @Test
  void underTlsAllPortsSpeakTlsAndTheProbesAreAnswered(@TempDir Path folder) throws Exception {
    RenderedChart chart = RenderedChart.of("tls");
    KeyStore keys = certificate(folder);
    String settings =
        chart
            .get("ConfigMap")
            .at("/data/application.yml")
            .asString()
            .replace("/keepgate/tls/", folder + "/");
    Path file = folder.resolve("application.yml");
    Files.writeString(file, settings, UTF_8);
    SSLContext trust = trust(keys);
    try (ConfigurableApplicationContext server =
        SpringApplication.run(
            KeepgateApplication.class,
            "--spring.config.additional-location=file:" + file,
            "--keepgate.repository.path=" + folder.resolve("models"),
            "--server.port=0",
            "--management.server.port=0",
            "--spring.grpc.server.port=0")) {
      Environment environment = server.getEnvironment();
      HttpClient client = HttpClient.newBuilder().sslContext(trust).build();
      String management = environment.getRequiredProperty("local.management.port");
      String http = environment.getRequiredProperty("local.server.port");
      String liveness = chart.container().at("/livenessProbe/httpGet/path").asString();
      String readiness = chart.container().at("/readinessProbe/httpGet/path").asString();
      assertThat(status(client, management, liveness)).isEqualTo(200);
      Awaitility.await().until(() -> status(client, http, readiness) == 200);
      Process test = chart.test(Integer.parseInt(http)).inheritIO().start();
      assertThat(test.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(test.exitValue()).isZero();
      int grpc = server.getBean(GrpcServerLifecycle.class).getPort();
      try (SSLSocket socket =
          (SSLSocket) trust.getSocketFactory().createSocket("localhost", grpc)) {
        var parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        assertThat(socket.getApplicationProtocol()).isEqualTo("h2");
      }
    }
  }

  private static int status(HttpClient client, String port, String path)
      throws IOException, InterruptedException {
    URI address = URI.create("https://localhost:" + port + path);
    return client
        .send(HttpRequest.newBuilder(address).build(), BodyHandlers.discarding())
        .statusCode();
  }

  /** Makes {@code tls.crt} and {@code tls.key}, as a Secret has them. */
  private static KeyStore certificate(Path folder) throws Exception {
    Path store = folder.resolve("keys.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/keytool").toString(),
                "-genkeypair",
                "-alias",
                "one",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost",
                "-keystore",
                store.toString(),
                "-storepass",
                new String(PASSWORD))
            .inheritIO()
            .start();
    assertThat(keytool.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(keytool.exitValue()).isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD);
    }
    pem(folder.resolve("tls.crt"), "CERTIFICATE", keys.getCertificate("one").getEncoded());
    pem(folder.resolve("tls.key"), "PRIVATE KEY", keys.getKey("one", PASSWORD).getEncoded());
    return keys;
  }

  private static void pem(Path file, String type, byte[] content) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    Files.write(
        file, List.of("-----BEGIN " + type + "-----", text, "-----END " + type + "-----"), UTF_8);
  }

  private static SSLContext trust(KeyStore keys) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("one", keys.getCertificate("one"));
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }
}

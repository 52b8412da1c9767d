package dev.keepgate.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.api.http.HealthCommand;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.RepositoryIndexRequest;
import dev.keepgate.api.oip.proto.RepositoryModelUnloadRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** TLS over HTTP and gRPC: clients known by their certificates, and certificates that change. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {
      "keepgate.repository.built-in=always",
      "server.ssl.bundle=web",
      "server.ssl.client-auth=want",
      "spring.grpc.server.ssl.bundle=web",
      "spring.grpc.server.ssl.client-auth=optional",
      "spring.ssl.bundle.jks.web.reload-on-update=true",
      "spring.ssl.bundle.watch.file.quiet-period=50ms",
      "keepgate.security.client-certificates[0].subject=robot",
      "keepgate.security.client-certificates[0].roles=infer",
      "keepgate.security.client-certificates[1].subject=CN=admin,O=Test",
      "keepgate.security.client-certificates[1].roles=manage"
    })
@ExtendWith(OutputCaptureExtension.class)
class TlsTest {

  private static final TestCertificates CERTIFICATES = certificates();

  @Autowired private GrpcServerLifecycle grpc;
  @LocalServerPort private int port;

  private static TestCertificates certificates() {
    try {
      Path target = Files.createDirectories(Path.of("target"));
      TestCertificates made = TestCertificates.create(Files.createTempDirectory(target, "tls-"));
      made.certify("server", "CN=localhost");
      made.certify("renewed", "CN=renewed");
      made.certify("robot", "CN=robot,O=Test");
      made.certify("admin", "CN=admin,O=Test");
      made.certify("other", "CN=admin,O=Other");
      return made;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @DynamicPropertySource
  static void settings(DynamicPropertyRegistry properties) throws IOException {
    TestKeys.use(properties);
    String bundle = "spring.ssl.bundle.jks.web.";
    properties.add(bundle + "keystore.location", () -> "file:" + CERTIFICATES.store("server"));
    properties.add(bundle + "keystore.password", () -> TestCertificates.PASSWORD);
    properties.add(bundle + "truststore.location", () -> "file:" + CERTIFICATES.store("trust"));
    properties.add(bundle + "truststore.password", () -> TestCertificates.PASSWORD);
  }

  private HttpResponse<String> ask(
      @Nullable String certificate, String path, Consumer<HttpRequest.Builder> more)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("https://localhost:" + port + path));
    more.accept(request);
    return HttpClient.newBuilder()
        .sslContext(CERTIFICATES.context(certificate))
        .build()
        .send(request.build(), BodyHandlers.ofString());
  }

  private int step(@Nullable String certificate) throws Exception {
    return ask(
            certificate,
            KeyedServerTest.STEP,
            request ->
                request
                    .header("Content-Type", "application/json")
                    .POST(BodyPublishers.ofString(KeyedServerTest.STEP_BODY)))
        .statusCode();
  }

  private int delete(@Nullable String certificate) throws Exception {
    return ask(certificate, "/v1/models/none", HttpRequest.Builder::DELETE).statusCode();
  }

  private ManagedChannel channel(@Nullable String certificate) throws Exception {
    SslContextBuilder tls = GrpcSslContexts.forClient().trustManager(CERTIFICATES.trust());
    if (certificate != null) {
      tls.keyManager(CERTIFICATES.key(certificate));
    }
    return NettyChannelBuilder.forAddress("localhost", grpc.getPort())
        .sslContext(tls.build())
        .build();
  }

  /** The status of an index, which any role gets, and of an unload, which managers do. */
  private String grpc(@Nullable String certificate) throws Exception {
    ManagedChannel channel = channel(certificate);
    try {
      var stub = GRPCInferenceServiceGrpc.newBlockingStub(channel);
      return status(() -> stub.repositoryIndex(RepositoryIndexRequest.getDefaultInstance()))
          + " "
          + status(
              () ->
                  stub.repositoryModelUnload(
                      RepositoryModelUnloadRequest.newBuilder().setModelName("none").build()));
    } finally {
      channel.shutdownNow();
    }
  }

  private static Status.Code status(Runnable call) {
    try {
      call.run();
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  @Test
  void certificateSaysWhoAsksOverHttp() throws Exception {
    Awaitility.await().until(() -> step("robot") == 200);
    assertThat(delete("robot")).isEqualTo(403);
    assertThat(delete("admin")).isEqualTo(404);
    assertThat(step("admin")).isEqualTo(403);
    assertThat(step("other")).isEqualTo(401);
    assertThat(step(null)).isEqualTo(401);
    // A key is taken before the certificate.
    HttpResponse<String> byKey =
        ask(
            "robot",
            "/v1/statistics",
            request -> request.header("X-Api-Key", TestKeys.text(Role.OBSERVE)));
    assertThat(byKey.statusCode()).isEqualTo(200);
    assertThat(byKey.headers().firstValue("Strict-Transport-Security"))
        .hasValue("max-age=31536000");
  }

  @Test
  void certificateSaysWhoCallsOverGrpc() throws Exception {
    assertThat(grpc("robot")).isEqualTo("OK PERMISSION_DENIED");
    assertThat(grpc("admin")).startsWith("OK ").doesNotContain("PERMISSION_DENIED");
    assertThat(grpc("other")).isEqualTo("UNAUTHENTICATED UNAUTHENTICATED");
    assertThat(grpc(null)).isEqualTo("UNAUTHENTICATED UNAUTHENTICATED");
  }

  @Test
  void imagesHealthCheckSpeaksTls() {
    Awaitility.await().until(() -> HealthCommand.run(new String[] {"" + port}, System.err) == 0);
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    String[] closed = {"1"};
    assertThat(HealthCommand.run(closed, new PrintStream(err))).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("not ready");
    assertThat(HealthCommand.run(new String[0], new PrintStream(err))).isEqualTo(2);
  }

  private String subject(int of) throws Exception {
    try (SSLSocket socket =
        (SSLSocket) CERTIFICATES.context(null).getSocketFactory().createSocket("localhost", of)) {
      socket.startHandshake();
      return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
          .getSubjectX500Principal()
          .getName();
    }
  }

  @Test
  void brokenCertificatesAreSaidOnceAndChangeNothing(CapturedOutput output) throws Exception {
    Path store = CERTIFICATES.store("server");
    Files.copy(store, CERTIFICATES.store("whole"));
    try {
      Files.writeString(store, "no key store");
      Awaitility.await().until(() -> faults(output) > 0);
      Files.writeString(store, "no key store either");
      Files.delete(store);
      Awaitility.await().until(() -> faults(output) > 1);
      assertThat(subject(port)).isEqualTo("CN=localhost");
      assertThat(subject(grpc.getPort())).isEqualTo("CN=localhost");
      HttpResponse<String> health = ask(null, "/actuator/health", HttpRequest.Builder::GET);
      assertThat(health.statusCode()).as(health.body()).isEqualTo(200);
    } finally {
      CERTIFICATES.replace("server", "whole");
    }
    Awaitility.await().until(() -> lines(output, "new certificates of the SSL bundle") > 0);
    assertThat(faults(output)).isEqualTo(2);
    assertThat(output).doesNotContain("\tat ").doesNotContain("reload error");
    assertThat(subject(port)).isEqualTo("CN=localhost");
  }

  private static long faults(CapturedOutput output) {
    return lines(output, "WARN.*'web' has changed and cannot be used, so the one before stays");
  }

  private static long lines(CapturedOutput output, String pattern) {
    Pattern wanted = Pattern.compile(pattern);
    return output.getAll().lines().filter(line -> wanted.matcher(line).find()).count();
  }

  @Test
  void newCertificatesAreTakenWithoutARestart() throws Exception {
    assertThat(subject(port)).isEqualTo("CN=localhost");
    assertThat(subject(grpc.getPort())).isEqualTo("CN=localhost");
    Files.copy(CERTIFICATES.store("server"), CERTIFICATES.store("first"));
    CERTIFICATES.replace("server", "renewed");
    try {
      Awaitility.await().until(() -> subject(port).equals("CN=renewed"));
      Awaitility.await().until(() -> subject(grpc.getPort()).equals("CN=renewed"));
      assertThat(grpc("robot")).isEqualTo("OK PERMISSION_DENIED");
    } finally {
      CERTIFICATES.replace("server", "first");
      Awaitility.await().until(() -> subject(port).equals("CN=localhost"));
      Awaitility.await().until(() -> subject(grpc.getPort()).equals("CN=localhost"));
    }
  }
}

package dev.keepgate.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.ModelBytes;
import dev.keepgate.sequence.RedisProcess;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;

/**
 * Sequences and models in a Redis that takes TLS alone, from a user who may do what the server
 * needs and nothing else: the rules are those that src/docs/security.md shows.
 */
@TestPropertySource(
    properties = {
      "keepgate.sequences.store=redis",
      "keepgate.replicas.share=redis",
      "spring.data.redis.host=localhost",
      "spring.data.redis.username=keepgate",
      "spring.data.redis.password=secret",
      "spring.data.redis.ssl.bundle=redis"
    })
class RedisSecurityTest extends KeyedServerTest {

  private static @Nullable Process redis;
  private static @Nullable TestCertificates certificates;
  private static int redisPort;

  @BeforeAll
  static void requireRedis() {
    assumeTrue(RedisProcess.program().isPresent(), "There is no redis-server on the PATH");
  }

  @AfterAll
  static void stop() {
    if (redis != null) {
      redis.destroyForcibly();
    }
  }

  /** The rules of the page, as they are printed there. */
  private static String rules() throws IOException {
    String page = Files.readString(Path.of("src/docs/security.md"));
    String rules =
        page.lines().filter(line -> line.startsWith("user keepgate ")).findFirst().orElseThrow();
    return "user default off\n" + rules + "\nuser tester on >tested ~* &* +@all\n";
  }

  @DynamicPropertySource
  static void settings(DynamicPropertyRegistry properties) throws Exception {
    TestKeys.use(properties);
    if (RedisProcess.program().isEmpty()) {
      return;
    }
    Path target = Files.createDirectories(Path.of("target"));
    Path folder = Files.createTempDirectory(target, "redis-tls-").toAbsolutePath();
    TestCertificates made = TestCertificates.create(folder);
    certificates = made;
    made.certify("redis", "CN=localhost");
    TestCertificates.Pem pem = made.pemOf("redis");
    try (ServerSocket free = new ServerSocket(0)) {
      redisPort = free.getLocalPort();
    }
    Path users = Files.writeString(folder.resolve("users.acl"), rules());
    redis =
        new ProcessBuilder(
                RedisProcess.program().orElseThrow().toString(),
                "--bind",
                "127.0.0.1",
                "--port",
                "0",
                "--tls-port",
                Integer.toString(redisPort),
                "--tls-cert-file",
                pem.certificate().toString(),
                "--tls-key-file",
                pem.key().toString(),
                "--tls-ca-cert-file",
                made.authority().toString(),
                "--tls-auth-clients",
                "no",
                "--aclfile",
                users.toString(),
                "--dir",
                folder.toString(),
                "--save",
                "")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("redis.log").toFile())
            .start();
    Awaitility.await("redis-server").until(() -> command("PING").contains("PONG"));
    properties.add("spring.data.redis.port", () -> redisPort);
    properties.add(
        "spring.ssl.bundle.pem.redis.truststore.certificate", () -> "file:" + made.authority());
  }

  /** Asked as the tester. */
  private static String command(String command) {
    try (Socket socket =
        Objects.requireNonNull(certificates)
            .context(null)
            .getSocketFactory()
            .createSocket("localhost", redisPort)) {
      socket.setSoTimeout(5000);
      OutputStream out = socket.getOutputStream();
      out.write(
          ("AUTH tester tested\r\n" + command + "\r\nQUIT\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (Exception e) {
      return String.valueOf(e);
    }
  }

  @Test
  void serverDoesAllWithWhatItsUserMay() throws Exception {
    String infer = TestKeys.text(Role.INFER);
    String manage = TestKeys.text(Role.MANAGE);
    HttpResponse<String> put =
        send(
            request("/v1/models/shared/versions/1")
                .header("X-Api-Key", manage)
                .PUT(BodyPublishers.ofByteArray(ModelBytes.pytorch(3, 4, 1))));
    assertThat(put.statusCode()).as(put.body()).isEqualTo(201);
    String open = "/v1/models/shared/sequences";
    assertThat(send("POST", open, infer, "{\"id\": \"a\"}").statusCode()).isEqualTo(201);
    HttpResponse<String> step = send("POST", "/v1/sequences/a/step", infer, "{\"x\": [1, 2, 3]}");
    assertThat(step.statusCode()).as(step.body()).isEqualTo(200);
    assertThat(send("GET", "/v1/sequences", infer, null).body()).contains("\"a\"");
    assertThat(send("POST", "/v1/sequences/a/fork", infer, "{}").statusCode()).isEqualTo(201);
    assertThat(send("DELETE", "/v1/sequences/a", infer, null).statusCode()).isEqualTo(204);
    assertThat(send("DELETE", "/v1/models/shared", manage, null).statusCode()).isEqualTo(204);
    // What Redis has refused to anybody since it began: nothing.
    assertThat(command("ACL LOG")).startsWith("+OK").contains("*0");
    assertThat(command("KEYS *").lines().filter(line -> line.contains("{")))
        .isNotEmpty()
        .allMatch(line -> line.startsWith("{keepgate}:") || line.startsWith("{keepgate:"));
  }

  @Test
  void userMayNothingElse() {
    for (String refused :
        List.of(
            "ACL DRYRUN keepgate FLUSHALL",
            "ACL DRYRUN keepgate CONFIG GET *",
            "ACL DRYRUN keepgate KEYS *",
            "ACL DRYRUN keepgate ACL LIST",
            "ACL DRYRUN keepgate GET other",
            "ACL DRYRUN keepgate HGET {other}:totals count",
            "ACL DRYRUN keepgate PUBLISH other x")) {
      assertThat(command(refused)).as(refused).contains("has no permissions");
    }
  }
}

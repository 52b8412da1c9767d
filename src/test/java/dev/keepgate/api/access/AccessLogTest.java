package dev.keepgate.api.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.keepgate.OwnRepository;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.ModelMetadataRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Objects;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/** Lines of requests over HTTP and gRPC, as text and as fields. */
@ExtendWith(OutputCaptureExtension.class)
class AccessLogTest {

  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  /** A server that logs, and what it is asked. */
  abstract static class Server implements OwnRepository {

    @LocalServerPort private int port;
    @Autowired private GrpcServerLifecycle grpc;

    int post(String path, String body, String id) throws Exception {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://localhost:%d%s".formatted(port, path)))
              .header("Content-Type", "application/json")
              .header("X-Request-Id", id)
              .POST(BodyPublishers.ofString(body))
              .build();
      return CLIENT.send(request, BodyHandlers.discarding()).statusCode();
    }

    void metadata(String model) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("localhost", grpc.getPort()).usePlaintext().build();
      try {
        var unused =
            GRPCInferenceServiceGrpc.newBlockingStub(channel)
                .modelMetadata(ModelMetadataRequest.newBuilder().setName(model).build());
      } finally {
        channel.shutdownNow();
      }
    }

    /** The line of a request, once it is there. */
    static String line(CapturedOutput output, String part) {
      return Awaitility.await()
          .until(
              () ->
                  output
                      .getOut()
                      .lines()
                      .filter(each -> each.contains("keepgate.access") && each.contains(part))
                      .findFirst()
                      .orElse(""),
              found -> !found.isEmpty());
    }
  }

  @SpringBootTest(
      webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
      properties = {"keepgate.repository.built-in=always", "keepgate.access-log.sample=1"})
  @Nested
  class OfAll extends Server {

    @Test
    void hasMethodPathStatusAndTimeButNoQuery(CapturedOutput output) throws Exception {
      String id = UUID.randomUUID().toString();
      String path = "/v1/models/notebook-cell/step";
      assertThat(post(path + "?return_state=false", "{\"x\": [1,2,3,4,3,2]}", id)).isEqualTo(200);
      assertThat(line(output, id))
          .containsPattern("keepgate.access +: POST " + path + " 200 [0-9.]+ ms " + id + " -$");
    }

    @Test
    void callsOfGrpcHaveLines(CapturedOutput output) {
      metadata("notebook-cell");
      assertThat(line(output, "ModelMetadata"))
          .containsPattern("gRPC inference.GRPCInferenceService/ModelMetadata OK [0-9.]+ ms ");
    }
  }

  @SpringBootTest(
      webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
      properties = {"keepgate.repository.built-in=always", "keepgate.access-log.errors=true"})
  @Nested
  class OfErrorsAsFields extends Server {

    private final ListAppender<ILoggingEvent> events = new ListAppender<>();
    private final Logger log = (Logger) LoggerFactory.getLogger("keepgate.access");

    @BeforeEach
    void listen() {
      events.start();
      log.addAppender(events);
    }

    @AfterEach
    void leave() {
      log.detachAppender(events);
    }

    @Test
    void onlyWhatFailedHasALine(CapturedOutput output) throws Exception {
      String good = UUID.randomUUID().toString();
      String bad = UUID.randomUUID().toString();
      String path = "/v1/models/notebook-cell/step";
      assertThat(post(path, "{\"x\": [1,2,3,4,3,2]}", good)).isEqualTo(200);
      assertThat(post(path, "{\"x\": [1]}", bad)).isEqualTo(400);
      assertThat(line(output, bad)).contains("POST " + path + " 400 ");
      // What a structured log has as fields.
      ILoggingEvent event =
          Awaitility.await()
              .until(() -> events.list.isEmpty() ? null : events.list.get(0), Objects::nonNull);
      assertThat(event.getKeyValuePairs())
          .extracting(pair -> pair.key)
          .containsExactly("method", "path", "status", "duration_ms", "request_id", "caller");
      assertThat(event.getKeyValuePairs())
          .filteredOn(pair -> !pair.key.equals("duration_ms"))
          .extracting(pair -> pair.value)
          .containsExactly("POST", path, "400", bad, "-");
      assertThat(events.list).noneMatch(each -> each.getFormattedMessage().contains(good));
      assertThatExceptionOfType(StatusRuntimeException.class).isThrownBy(() -> metadata("nobody"));
      assertThat(line(output, "ModelMetadata")).contains("NOT_FOUND");
    }
  }
}

package dev.keepgate.api.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.KafkaRecords;
import dev.keepgate.tracing.TraceCollector;
import io.opentelemetry.proto.trace.v1.Span;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a collector receives of records. */
class StreamTracesTest {

  private static final long T = System.currentTimeMillis() - 1_000_000;

  private static TraceCollector collector;
  private static StreamServer server;
  private static KafkaRecords records;

  private final String trace = hex(16);
  private final String caller = hex(8);

  @BeforeAll
  static void start() throws Exception {
    collector = TraceCollector.start();
    StreamServer.createTopics(StreamServer.broker(), "traced", 1);
    List<String> arguments =
        new ArrayList<>(StreamServer.binding(0, StreamServer.topics("traced", "notebook-cell")));
    arguments.add(
        "--management.opentelemetry.tracing.export.otlp.endpoint=" + collector.endpoint());
    arguments.add("--management.opentelemetry.tracing.export.schedule-delay=50ms");
    // A record whose sender says that it is sampled is, whatever this is.
    arguments.add("--management.tracing.sampling.probability=0");
    records = new KafkaRecords(StreamServer.broker().bootstrap());
    server = StreamServer.start(StreamServer.broker().bootstrap(), "traces-test", arguments);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    records.close();
    collector.close();
  }

  private static String hex(int bytes) {
    byte[] id = new byte[bytes];
    new Random().nextBytes(id);
    return HexFormat.of().formatHex(id);
  }

  private static Span named(List<Span> spans, String name) {
    return spans.stream().filter(span -> span.getName().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void answerContinuesTheTraceOfItsRecord() throws Exception {
    byte[] context = "00-%s-%s-01".formatted(trace, caller).getBytes(StandardCharsets.US_ASCII);
    records.send(
        KafkaRecords.record(
            "traced-in",
            "k".getBytes(StandardCharsets.UTF_8),
            "{\"x\":[1,2,3,4,3,2]}".getBytes(StandardCharsets.UTF_8),
            T,
            Map.of("traceparent", context)));
    String answered =
        new String(
            KafkaRecords.headers(records.collect("traced-out", 1).get(0)).get("traceparent"),
            StandardCharsets.US_ASCII);
    List<Span> spans =
        Awaitility.await()
            .atMost(Duration.ofSeconds(20))
            .until(
                () -> collector.spans(trace),
                all ->
                    all.stream()
                        .map(Span::getName)
                        .toList()
                        .containsAll(List.of("traced-in process", "inference step", "compute")));
    Span record = named(spans, "traced-in process");
    assertThat(record.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_CONSUMER);
    assertThat(TraceCollector.hex(record.getParentSpanId())).isEqualTo(caller);
    assertThat(TraceCollector.attributes(record.getAttributesList()))
        .containsEntry("messaging.system", "kafka")
        .containsEntry("messaging.destination.name", "traced-in")
        .containsEntry("messaging.kafka.message.offset", "0");
    assertThat(answered)
        .isEqualTo("00-%s-%s-01".formatted(trace, TraceCollector.hex(record.getSpanId())));
    Span inference = named(spans, "inference step");
    assertThat(inference.getParentSpanId()).isEqualTo(record.getSpanId());
    assertThat(TraceCollector.attributes(inference.getAttributesList()))
        .containsEntry("keepgate.outcome", "success");
    assertThat(named(spans, "compute").getParentSpanId()).isEqualTo(inference.getSpanId());
  }
}

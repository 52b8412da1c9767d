package dev.keepgate.api.kafka;

import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.propagation.Propagator;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Continues the traces that records carry, where the server has a collector. */
final class StreamTraces {

  /** Headers of the W3C's trace context. */
  static final List<String> HEADERS = List.of("traceparent", "tracestate");

  /** More than the standard asks to be passed on. */
  private static final int LONGEST = 2048;

  private final @Nullable Tracer tracer;
  private final @Nullable Propagator propagator;

  /** Null both where there is no collector. */
  StreamTraces(@Nullable Tracer tracer, @Nullable Propagator propagator) {
    this.tracer = tracer;
    this.propagator = propagator;
  }

  /** The span of a record, from the beginning of its step to its answer. */
  record Trace(@Nullable Span span) {
    private static final Trace NONE = new Trace(null);

    void end() {
      if (span != null) {
        span.end();
      }
    }
  }

  /** Makes a span the thread's, to be closed on the same thread. */
  interface Scope {
    void close();
  }

  /** What of a record's headers continues a trace. */
  static Map<String, String> context(Headers headers) {
    Map<String, String> context = new LinkedHashMap<>();
    for (String name : HEADERS) {
      Header header = headers.lastHeader(name);
      if (header != null && header.value() != null && header.value().length <= LONGEST) {
        context.put(name, new String(header.value(), StandardCharsets.US_ASCII));
      }
    }
    return context;
  }

  Trace begin(PendingRecord record) {
    if (propagator == null) {
      return Trace.NONE;
    }
    Span.Builder span = propagator.extract(record.trace(), Map::get);
    return new Trace(
        span.kind(Span.Kind.CONSUMER)
            .name(record.place().topic() + " process")
            .tag("messaging.system", "kafka")
            .tag("messaging.destination.name", record.place().topic())
            .tag("messaging.kafka.message.offset", Long.toString(record.place().offset()))
            .start());
  }

  Scope open(Trace trace) {
    if (tracer == null || trace.span() == null) {
      return () -> {};
    }
    return tracer.withSpan(trace.span())::close;
  }

  /** Adds what continues the trace: the span's own context, or what the record came with. */
  void inject(Trace trace, PendingRecord record, Headers to) {
    if (propagator != null && trace.span() != null) {
      propagator.inject(trace.span().context(), to, StreamTraces::put);
    } else {
      record.trace().forEach((name, value) -> put(to, name, value));
    }
  }

  private static void put(@Nullable Headers to, String name, String value) {
    if (to != null) {
      to.remove(name);
      to.add(name, value.getBytes(StandardCharsets.US_ASCII));
    }
  }
}

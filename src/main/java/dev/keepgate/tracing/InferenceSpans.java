package dev.keepgate.tracing;

import dev.keepgate.inference.InferenceContext;
import dev.keepgate.inference.Stage;
import io.micrometer.observation.Observation;
import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.handler.TracingObservationHandler;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * A span of every inference below that of its HTTP request or gRPC call, and below it one of each
 * stage. The stages' spans are made at the end, of the times that were measured: only requests that
 * are sampled pay for them. They are drawn one after the other, as most of them are.
 */
final class InferenceSpans implements TracingObservationHandler<InferenceContext> {

  private final Tracer tracer;

  InferenceSpans(Tracer tracer) {
    this.tracer = tracer;
  }

  @Override
  public Tracer getTracer() {
    return tracer;
  }

  @Override
  public boolean supportsContext(Observation.Context context) {
    return context instanceof InferenceContext;
  }

  @Override
  public void onStart(InferenceContext context) {
    Span parent = getParentSpan(context);
    Span.Builder span = tracer.spanBuilder().name("inference");
    getTracingContext(context)
        .setSpan((parent == null ? span : span.setParent(parent.context())).start());
  }

  @Override
  public void onStop(InferenceContext context) {
    Span span = getRequiredSpan(context);
    if (!Boolean.FALSE.equals(span.context().sampled())) {
      describe(span, context);
      addStages(span, context);
    }
    endSpan(context, span);
  }

  private static void describe(Span span, InferenceContext context) {
    span.name("inference " + context.operation().id());
    span.tag("keepgate.model", context.model().name());
    span.tag("keepgate.model.version", context.model().version());
    span.tag("keepgate.operation", context.operation().id());
    span.tag("keepgate.outcome", context.isSuccess() ? "success" : "error");
    if (context.rows() > 0) {
      span.tag("keepgate.rows", context.rows());
      span.tag("keepgate.steps", context.steps());
    }
  }

  private void addStages(Span span, InferenceContext context) {
    Instant end = Instant.now();
    Instant begin = end.minusNanos(context.took());
    for (Stage stage : Stage.values()) {
      long took = context.stage(stage);
      if (took < 0) {
        continue;
      }
      Duration duration = Duration.ofNanos(took);
      // Whatever lies between, an answer's last byte is the end of it all.
      Instant from = stage == Stage.WRITE ? end.minus(duration) : begin;
      begin = from.plus(duration);
      tracer
          .spanBuilder()
          .setParent(span.context())
          .name(stage.name().toLowerCase(Locale.ROOT))
          .startTimestamp(micros(from), TimeUnit.MICROSECONDS)
          .start()
          .end(micros(begin), TimeUnit.MICROSECONDS);
    }
  }

  private static long micros(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }
}

package dev.keepgate.tracing;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.AutoConfigurationImportFilter;
import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.context.EnvironmentAware;
import org.springframework.core.env.Environment;

/**
 * Leaves all of tracing out where no collector is named: Spring Boot would make spans of every
 * request all the same, and drop them. The observation of a gRPC call is left out as well: with no
 * spans to make of it, it is a dear way to a timer.
 */
final class TracingAutoConfigurationFilter
    implements AutoConfigurationImportFilter, EnvironmentAware {

  /** The address of the collector, as Spring Boot names it; OTEL_EXPORTER_OTLP_… are read as it. */
  static final String ENDPOINT = "management.opentelemetry.tracing.export.otlp.endpoint";

  private static final String[] BEGINNINGS = {
    "org.springframework.boot.micrometer.tracing.",
    "org.springframework.boot.opentelemetry.",
    "org.springframework.boot.grpc.server.autoconfigure.GrpcServerObservation"
  };

  private boolean traces = true;

  @Override
  public void setEnvironment(Environment environment) {
    traces = environment.containsProperty(ENDPOINT);
  }

  @Override
  public boolean[] match(@Nullable String[] classes, AutoConfigurationMetadata metadata) {
    boolean[] kept = new boolean[classes.length];
    for (int i = 0; i < classes.length; i++) {
      kept[i] = traces || !isTracing(classes[i]);
    }
    return kept;
  }

  private static boolean isTracing(@Nullable String autoConfiguration) {
    for (String start : BEGINNINGS) {
      if (autoConfiguration != null && autoConfiguration.startsWith(start)) {
        return true;
      }
    }
    return false;
  }
}

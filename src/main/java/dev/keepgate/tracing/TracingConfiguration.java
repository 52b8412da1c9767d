package dev.keepgate.tracing;

import io.micrometer.core.instrument.binder.grpc.ObservationGrpcServerInterceptor;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.Tracer;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.grpc.server.GlobalServerInterceptor;

@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(TracingAutoConfigurationFilter.ENDPOINT)
class TracingConfiguration {

  /** Comes before Spring's own, which would make one span without its parts. */
  @Bean
  @Order(Ordered.HIGHEST_PRECEDENCE)
  InferenceSpans inferenceSpans(Tracer tracer) {
    return new InferenceSpans(tracer);
  }

  /** A span of every gRPC call; HTTP has Spring's. */
  @Bean
  @GlobalServerInterceptor
  ObservationGrpcServerInterceptor grpcSpans(ObservationRegistry observations) {
    return new ObservationGrpcServerInterceptor(observations);
  }
}

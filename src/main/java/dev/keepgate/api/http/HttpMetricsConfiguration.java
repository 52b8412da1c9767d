package dev.keepgate.api.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.Tracer;
import jakarta.servlet.DispatcherType;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationProperties;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.web.filter.ServerHttpObservationFilter;

@Configuration(proxyBeanMethods = false)
class HttpMetricsConfiguration {

  /**
   * In the place of Spring Boot's, which is not made where there is another of this very type, but
   * would be beside one of a type below it.
   */
  @Bean
  FilterRegistrationBean<ServerHttpObservationFilter> httpRequestTimer(
      ObservationRegistry observations,
      MeterRegistry meters,
      ObservationProperties properties,
      ObjectProvider<Tracer> tracers) {
    FilterRegistrationBean<ServerHttpObservationFilter> registration =
        new FilterRegistrationBean<>(
            new HttpRequestTimer(
                observations,
                meters,
                properties.getHttp().getServer().getRequests().getName(),
                tracers.getIfAvailable() != null));
    registration.setOrder(Ordered.HIGHEST_PRECEDENCE + 1);
    registration.setDispatcherTypes(DispatcherType.REQUEST, DispatcherType.ASYNC);
    return registration;
  }
}

package dev.keepgate.api.payload;

import dev.keepgate.memory.InFlightMemory;
import java.io.IOException;
import java.util.Objects;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;

@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty("keepgate.payload-log.file")
class PayloadLogConfiguration {

  @Bean(destroyMethod = "close")
  PayloadFile payloadFile(PayloadLogProperties properties) throws IOException {
    return new PayloadFile(Objects.requireNonNull(properties.file()), properties);
  }

  /** Behind all other filters: a request that is not let in is not logged. */
  @Bean
  FilterRegistrationBean<PayloadFilter> payloadFilter(
      PayloadFile file, PayloadLogProperties properties, InFlightMemory memory) {
    FilterRegistrationBean<PayloadFilter> filter =
        new FilterRegistrationBean<>(new PayloadFilter(file, properties, memory));
    filter.setOrder(Ordered.LOWEST_PRECEDENCE);
    return filter;
  }
}

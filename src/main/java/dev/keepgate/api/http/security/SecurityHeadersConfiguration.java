package dev.keepgate.api.http.security;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;

/**
 * Found by the server as its other classes are, and by the actuator's port by its list of names.
 */
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
class SecurityHeadersConfiguration {

  @Bean
  FilterRegistrationBean<SecurityHeaders> securityHeaders(
      @Value("${management.endpoints.web.base-path:/actuator}") String actuator) {
    FilterRegistrationBean<SecurityHeaders> filter =
        new FilterRegistrationBean<>(new SecurityHeaders(actuator));
    filter.setOrder(Ordered.HIGHEST_PRECEDENCE);
    return filter;
  }
}

package dev.keepgate.api.rest;

import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class TomcatConfiguration {

  /** The valve that is added last is asked first. */
  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> problemReports(
      ProblemListener listener) {
    return factory ->
        factory.addContextCustomizers(
            context ->
                context.getParent().getPipeline().addValve(new ProblemReportValve(listener)));
  }
}

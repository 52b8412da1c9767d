package dev.keepgate.api.http;

import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class TomcatConfiguration {

  /** The valve that is added last is asked first. */
  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> problemReports(ErrorAnswers answers) {
    return factory ->
        factory.addContextCustomizers(
            context -> context.getParent().getPipeline().addValve(new ProblemReportValve(answers)));
  }

  /** Nothing here is a form: a model's file may come as any media type, curl's default included. */
  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> noForms() {
    return factory ->
        factory.addConnectorCustomizers(connector -> connector.setParseBodyMethods(""));
  }
}

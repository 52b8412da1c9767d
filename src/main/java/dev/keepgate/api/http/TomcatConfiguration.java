package dev.keepgate.api.http;

import org.apache.coyote.ContinueResponseTiming;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class TomcatConfiguration {

  /** The valve that is added last is asked first. */
  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> problemReports(
      ErrorAnswers answers, HttpProperties properties) {
    return factory -> {
      factory.addConnectorCustomizers(
          connector -> {
            // Tensors are larger than Tomcat's 8 KB, and each piece is a call to the system.
            String buffer = Long.toString(properties.socketBuffer().toBytes());
            connector.setProperty("socket.appReadBufSize", buffer);
            connector.setProperty("socket.appWriteBufSize", buffer);
            // A body is what its path says, also where curl calls it a form.
            connector.setParseBodyMethods("");
            // Who asks before sending is told to go on when the body is read, not before.
            if (connector.getProtocolHandler() instanceof AbstractHttp11Protocol<?> http) {
              http.setContinueResponseTiming(
                  ContinueResponseTiming.ON_REQUEST_BODY_READ.toString());
            }
          });
      factory.addContextCustomizers(
          context -> context.getParent().getPipeline().addValve(new ProblemReportValve(answers)));
      factory.addEngineValves(new HttpCancellation.Valve());
    };
  }
}

package dev.keepgate.api.http;

import dev.keepgate.api.access.AccessLog;
import org.apache.coyote.ContinueResponseTiming;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

@Configuration(proxyBeanMethods = false)
class TomcatConfiguration {

  /** The valve that is added last is asked first. */
  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> problemReports(
      ErrorWriter errors,
      HttpProperties properties,
      ConnectionProperties connections,
      Environment environment) {
    ConnectionLimits limits = ConnectionLimits.of(maxConnections(environment), connections);
    return factory -> {
      factory.setProtocol(HttpProtocol.class.getName());
      factory.addConnectorCustomizers(
          connector -> {
            // A body is what its path says, also where curl calls it a form.
            connector.setParseBodyMethods("");
            // Who asks before sending is told to go on when the body is read, not before.
            if (connector.getProtocolHandler() instanceof AbstractHttp11Protocol<?> http) {
              http.setContinueResponseTiming(
                  ContinueResponseTiming.ON_REQUEST_BODY_READ.toString());
            }
            if (connector.getProtocolHandler() instanceof HttpProtocol http) {
              // Tensors are larger than Tomcat's 8 KB, and each piece is a call to the system.
              http.configure(limits, (int) properties.socketBuffer().toBytes());
            }
          });
      factory.addContextCustomizers(
          context -> context.getParent().getPipeline().addValve(new ProblemReportValve(errors)));
      factory.addEngineValves(new HttpRequestId.Valve(), new HttpCancellation.Valve());
    };
  }

  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> accessLogOfHttp(AccessLog log) {
    return factory -> {
      if (log.isOn()) {
        factory.addEngineValves(new AccessLogValve(log));
      }
    };
  }

  @Bean
  HttpShutdown httpShutdown(ApplicationContext context, ConnectionProperties connections) {
    return new HttpShutdown(context, connections.drain());
  }

  /** Tomcat's own setting where it is given; otherwise what the heap has room for. */
  private static int maxConnections(Environment environment) {
    return Binder.get(environment)
        .bind("server.tomcat.max-connections", Integer.class)
        .orElseGet(() -> ConnectionLimits.fittingInto(Runtime.getRuntime().maxMemory()));
  }
}

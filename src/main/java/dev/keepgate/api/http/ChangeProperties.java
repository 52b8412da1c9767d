package dev.keepgate.api.http;

import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * From where models may be changed, and from where pages may ask a server without credentials.
 *
 * @param allowedOrigins origins of pages, such as {@code https://models.example}, beside the
 *     server's own
 * @param allowedHosts names without a port that the Host header may say; {@code *} for any. Where
 *     it is empty, a connection over loopback may name loopback alone, and any other any
 */
@ConfigurationProperties("keepgate.http.changes")
record ChangeProperties(
    @DefaultValue List<String> allowedOrigins, @DefaultValue List<String> allowedHosts) {

  private static final String ANY = "*";

  ChangeProperties {
    allowedOrigins = List.copyOf(allowedOrigins);
    allowedHosts = List.copyOf(allowedHosts);
    for (String origin : allowedOrigins) {
      if (!Authority.isOrigin(origin)) {
        throw new IllegalArgumentException(
            "keepgate.http.changes.allowed-origins: '%s' is none, such as https://models.example"
                .formatted(origin));
      }
    }
  }

  boolean allowsOrigin(String origin) {
    return allowedOrigins.stream().anyMatch(origin::equalsIgnoreCase);
  }

  /**
   * @param overLoopback whether the connection is one of the machine to itself
   */
  boolean allowsHost(Authority host, boolean overLoopback) {
    if (allowedHosts.contains(ANY) || (overLoopback && host.isLoopback())) {
      return true;
    }
    return allowedHosts.isEmpty()
        ? !overLoopback
        : allowedHosts.stream().anyMatch(host.host()::equalsIgnoreCase);
  }
}

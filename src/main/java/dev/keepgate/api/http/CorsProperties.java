package dev.keepgate.api.http;

import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Pages of which other origins may ask this server (the Fetch Standard's CORS). Who may change
 * models is {@link ChangeProperties}' besides.
 *
 * @param allowedOrigins origins of pages, such as {@code https://models.example}, or {@code *} for
 *     any; none where it is empty
 * @param allowedMethods methods of their requests
 * @param allowedHeaders headers of their requests; {@code *} for any
 * @param maxAge how long a browser may keep what it was told
 */
@ConfigurationProperties("keepgate.http.cors")
record CorsProperties(
    @DefaultValue List<String> allowedOrigins,
    @DefaultValue({"GET", "HEAD", "POST", "PUT", "DELETE"}) List<String> allowedMethods,
    @DefaultValue("*") List<String> allowedHeaders,
    @DefaultValue("30m") Duration maxAge) {

  static final String ANY = "*";

  CorsProperties {
    allowedOrigins = List.copyOf(allowedOrigins);
    allowedMethods = List.copyOf(allowedMethods);
    allowedHeaders = List.copyOf(allowedHeaders);
    for (String origin : allowedOrigins) {
      if (!origin.equals(ANY) && !Authority.isOrigin(origin)) {
        throw new IllegalArgumentException(
            "keepgate.http.cors.allowed-origins: '%s' is none, such as https://models.example, nor *"
                .formatted(origin));
      }
    }
    if (maxAge.isNegative()) {
      throw new IllegalArgumentException(
          "keepgate.http.cors.max-age: '%s' is negative".formatted(maxAge));
    }
  }

  boolean allowsOrigin(String origin) {
    return allowedOrigins.contains(ANY)
        || allowedOrigins.stream().anyMatch(origin::equalsIgnoreCase);
  }
}

package dev.keepgate.security;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Configuration;

/** Says of an open server that credentials were set up for it, which it does not ask for. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(SecurityProperties.PREFIX + ".open")
class OpenServerConfiguration {

  private static final Logger log = LoggerFactory.getLogger(OpenServerConfiguration.class);

  OpenServerConfiguration(SecurityProperties properties) {
    List<String> unused = properties.credentials();
    if (!unused.isEmpty()) {
      log.warn(
          "keepgate.security.open=true holds: whoever reaches this server may do everything, and {}"
              + " is not asked for; leave 'open' out to ask for it",
          String.join(", ", unused));
    }
  }
}

package dev.keepgate.security;

import java.util.Objects;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.authentication.AuthenticationManager;

@Configuration(proxyBeanMethods = false)
@Conditional(OnCredentials.class)
class SecurityConfiguration {

  @Bean
  RateLimits rateLimits(SecurityProperties properties) {
    return new RateLimits(properties.failuresPerSecond());
  }

  @Bean
  KeysReloader keys(SecurityProperties properties, RateLimits rates) {
    KeysFile file =
        new KeysFile(
            Objects.requireNonNull(properties.keysFile()), properties.keysFileLimit().toBytes());
    if (properties.createKeysFile()) {
      FirstKey.createIfMissing(file.path());
    }
    return new KeysReloader(file, properties.keysReload(), rates);
  }

  @Bean
  AuthenticationManager callers(KeysReloader keys) {
    return new CallerAuthenticator(keys);
  }
}

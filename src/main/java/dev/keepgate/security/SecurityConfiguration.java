package dev.keepgate.security;

import dev.keepgate.listener.Listeners;
import java.util.Objects;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@Conditional(OnCredentials.class)
class SecurityConfiguration {

  @Bean
  RateLimits rateLimits(SecurityProperties properties) {
    return new RateLimits(properties.failuresPerSecond());
  }

  @Bean
  CallerAdmission callerAdmission(RateLimits rates, ObjectProvider<CallerListener> listeners) {
    return new CallerAdmission(rates, new Listeners<>(listeners.orderedStream().toList()));
  }

  @Bean
  @ConditionalOnProperty(SecurityProperties.PREFIX + ".keys-file")
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
  CallerAuthenticator callers(ObjectProvider<KeysReloader> keys, SecurityProperties properties) {
    return new CallerAuthenticator(
        keys.getIfAvailable(),
        properties.jwt().isUsed() ? new Tokens(properties.jwt()) : null,
        new ClientCertificates(properties.clientCertificates()));
  }
}

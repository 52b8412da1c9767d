package dev.keepgate.security;

import java.security.KeyStore;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.core.NestedExceptionUtils;

/**
 * Spring Boot's SSL bundles, of which one that has changed is taken once it can be used: what is
 * broken changes nothing, and is said once.
 */
final class CheckedSslBundles extends DefaultSslBundleRegistry {

  private static final Logger log = LoggerFactory.getLogger(CheckedSslBundles.class);

  private final Map<String, String> faults = new ConcurrentHashMap<>();

  @Override
  public void updateBundle(String name, SslBundle changed) {
    try {
      check(changed);
      super.updateBundle(name, changed);
      faults.remove(name);
    } catch (RuntimeException e) {
      String fault =
          "%s (%s)".formatted(e.getMessage(), NestedExceptionUtils.getMostSpecificCause(e));
      if (!fault.equals(faults.put(name, fault))) {
        log.warn(
            "The SSL bundle '{}' has changed and cannot be used, so the one before stays: {}",
            name,
            fault);
      }
    }
  }

  /** Reads its files, which a bundle does when it is first asked for them. */
  private static void check(SslBundle bundle) {
    KeyStore keys = bundle.getStores().getKeyStore();
    KeyStore trusted = bundle.getStores().getTrustStore();
    if (keys != null || trusted != null) {
      bundle.createSslContext();
    }
  }
}

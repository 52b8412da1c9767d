package dev.keepgate.api.oip.grpc;

import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import io.netty.handler.ssl.util.KeyManagerFactoryWrapper;
import io.netty.handler.ssl.util.TrustManagerFactoryWrapper;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.grpc.server.autoconfigure.GrpcServerProperties;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleRegistry;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslManagerBundle;

/**
 * Has gRPC's TLS follow its bundle, as HTTP's does: Boot reads a bundle once for gRPC. The server
 * is given another bundle in place of the one that is set, whose key and trust change with that
 * one.
 */
final class GrpcTlsReload implements BeanPostProcessor {

  private static final Logger log = LoggerFactory.getLogger(GrpcTlsReload.class);
  private static final String SUFFIX = "-grpc-reloaded";

  private final ObjectProvider<SslBundles> bundles;
  private final ObjectProvider<SslBundleRegistry> registry;

  GrpcTlsReload(ObjectProvider<SslBundles> bundles, ObjectProvider<SslBundleRegistry> registry) {
    this.bundles = bundles;
    this.registry = registry;
  }

  @Override
  public Object postProcessAfterInitialization(Object bean, String name) {
    if (bean instanceof GrpcServerProperties server) {
      GrpcServerProperties.Ssl tls = server.getSsl();
      String bundle = tls.getBundle();
      if (bundle != null && !Boolean.FALSE.equals(tls.getEnabled())) {
        follow(bundle);
        tls.setBundle(bundle + SUFFIX);
      }
    }
    return bean;
  }

  private void follow(String name) {
    SslBundle now = bundles.getObject().getBundle(name);
    AdvancedTlsX509KeyManager key = new AdvancedTlsX509KeyManager();
    AdvancedTlsX509TrustManager trust;
    try {
      trust =
          AdvancedTlsX509TrustManager.newBuilder()
              // What is verified are clients, who have no host names.
              .setVerification(Verification.CERTIFICATE_ONLY_VERIFICATION)
              .build();
      update(key, trust, now);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("the SSL bundle '%s' cannot be used".formatted(name), e);
    }
    registry
        .getObject()
        .registerBundle(
            name + SUFFIX,
            SslBundle.of(
                now.getStores(),
                now.getKey(),
                now.getOptions(),
                now.getProtocol(),
                SslManagerBundle.of(
                    new KeyManagerFactoryWrapper(key), new TrustManagerFactoryWrapper(trust))));
    bundles
        .getObject()
        .addBundleUpdateHandler(
            name,
            changed -> {
              try {
                update(key, trust, changed);
                log.info("gRPC has the new certificates of the SSL bundle '{}'", name);
              } catch (GeneralSecurityException | IOException e) {
                log.warn(
                    "gRPC keeps its certificates: the SSL bundle '{}' cannot be used: {}",
                    name,
                    e.toString());
              }
            });
  }

  private static void update(
      AdvancedTlsX509KeyManager key, AdvancedTlsX509TrustManager trust, SslBundle bundle)
      throws GeneralSecurityException, IOException {
    KeyStore keys = bundle.getStores().getKeyStore();
    if (keys == null) {
      throw new GeneralSecurityException("it has no key");
    }
    String alias = alias(keys, bundle.getKey().getAlias());
    String password = bundle.getKey().getPassword();
    String used = password != null ? password : bundle.getStores().getKeyStorePassword();
    key.updateIdentityCredentials(
        certificates(Arrays.asList(keys.getCertificateChain(alias))),
        (PrivateKey) keys.getKey(alias, used == null ? new char[0] : used.toCharArray()));
    KeyStore trusted = bundle.getStores().getTrustStore();
    if (trusted == null) {
      trust.useSystemDefaultTrustCerts();
    } else {
      List<Certificate> anchors = new ArrayList<>();
      for (String each : Collections.list(trusted.aliases())) {
        anchors.add(trusted.getCertificate(each));
      }
      trust.updateTrustCredentials(certificates(anchors));
    }
  }

  private static String alias(KeyStore keys, @Nullable String alias)
      throws GeneralSecurityException {
    if (alias != null && keys.isKeyEntry(alias)) {
      return alias;
    }
    for (String each : Collections.list(keys.aliases())) {
      if (alias == null && keys.isKeyEntry(each)) {
        return each;
      }
    }
    throw new GeneralSecurityException("it has no key" + (alias == null ? "" : " " + alias));
  }

  private static X509Certificate[] certificates(List<Certificate> certificates) {
    return certificates.stream().map(X509Certificate.class::cast).toArray(X509Certificate[]::new);
  }
}

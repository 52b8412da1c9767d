package dev.keepgate.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * An authority of a test's own, and what it has certified, made by the JDK's keytool.
 *
 * @param folder of the key stores, whose password is {@link #PASSWORD}
 */
record TestCertificates(Path folder) {

  static final String PASSWORD = "changeit";

  static TestCertificates create(Path folder) throws Exception {
    TestCertificates made = new TestCertificates(folder);
    made.pair("ca", "CN=Test CA", "bc:c");
    made.keytool("ca", "-exportcert", "-rfc", "-alias", "ca", "-file", made.pem("ca"));
    made.keytool("trust", "-importcert", "-noprompt", "-alias", "ca", "-file", made.pem("ca"));
    return made;
  }

  Path store(String name) {
    return folder.resolve(name + ".p12");
  }

  private String pem(String name) {
    return folder.resolve(name + ".pem").toString();
  }

  /** A key, and a certificate of it by the authority. */
  void certify(String name, String subject) throws Exception {
    pair(name, subject, "san=dns:localhost,ip:127.0.0.1");
    keytool(name, "-certreq", "-alias", name, "-file", pem(name + "-request"));
    keytool(
        "ca",
        "-gencert",
        "-rfc",
        "-alias",
        "ca",
        "-validity",
        "2",
        "-infile",
        pem(name + "-request"),
        "-outfile",
        pem(name),
        "-ext",
        "san=dns:localhost,ip:127.0.0.1");
    keytool(name, "-importcert", "-noprompt", "-alias", "ca", "-file", pem("ca"));
    keytool(name, "-importcert", "-noprompt", "-alias", name, "-file", pem(name));
  }

  /** Has one store take another's place at once. */
  void replace(String name, String by) throws Exception {
    Path copy = Files.copy(store(by), folder.resolve("copy"), StandardCopyOption.REPLACE_EXISTING);
    Files.move(copy, store(name), StandardCopyOption.ATOMIC_MOVE);
  }

  private void pair(String name, String subject, String extension) throws Exception {
    keytool(
        name,
        "-genkeypair",
        "-alias",
        name,
        "-dname",
        subject,
        "-ext",
        extension,
        "-keyalg",
        "EC",
        "-groupname",
        "secp256r1",
        "-validity",
        "2");
  }

  private void keytool(String store, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(
        List.of(
            "-keystore", store(store).toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
  }

  /** Its certificate and its key as PEM. */
  record Pem(Path certificate, Path key) {}

  Pem pemOf(String name) throws Exception {
    Base64.Encoder base64 = Base64.getMimeEncoder(64, new byte[] {'\n'});
    byte[] key = read(name).getKey(name, PASSWORD.toCharArray()).getEncoded();
    Path file =
        Files.writeString(
            folder.resolve(name + ".key"),
            "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n"
                .formatted(base64.encodeToString(key)));
    return new Pem(Path.of(pem(name)), file);
  }

  Path authority() {
    return Path.of(pem("ca"));
  }

  private KeyStore read(String name) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store(name))) {
      store.load(in, PASSWORD.toCharArray());
    }
    return store;
  }

  TrustManagerFactory trust() throws Exception {
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(read("trust"));
    return trust;
  }

  KeyManagerFactory key(String name) throws Exception {
    KeyManagerFactory key = KeyManagerFactory.getInstance("PKIX");
    key.init(read(name), PASSWORD.toCharArray());
    return key;
  }

  /**
   * What a client trusts, and shows.
   *
   * @param client whose certificate; null for none
   */
  SSLContext context(@Nullable String client) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        client == null ? null : key(client).getKeyManagers(), trust().getTrustManagers(), null);
    return context;
  }
}

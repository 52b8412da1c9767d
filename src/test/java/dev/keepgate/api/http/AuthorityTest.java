package dev.keepgate.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which pages and which hosts may change models. */
class AuthorityTest {

  @ParameterizedTest
  @CsvSource({
    "http://a.example, a.example, true",
    "http://a.example, A.EXAMPLE:80, true",
    "http://a.example:80, a.example, true",
    "HTTP://A.example:8080, a.example:8080, true",
    "https://a.example, a.example, true",
    "https://a.example, a.example:443, true",
    "http://my_host:8080, my_host:8080, true",
    "http://[::1]:8080, [::1]:8080, true",
    "http://127.0.0.1:8080, 127.0.0.1:8080, true",
    "https://a.example, a.example:80, false",
    "http://a.example, a.example:8080, false",
    "http://a.example:8081, a.example:8080, false",
    "http://b.example, a.example, false",
    "http://a.example.evil.example, a.example, false",
    "http://localhost:8080, 127.0.0.1:8080, false",
    "http://a.example@evil.example, a.example, false",
    "http://a.example/, a.example, false",
    "null, a.example, false",
    "file://, a.example, false",
    "'', a.example, false",
    "http://, '', false",
    "http://a:b:c, a:b:c, false",
  })
  void pageOfTheHostItself(String origin, String host, boolean isSame) {
    assertThat(Authority.isSame(origin, host)).isEqualTo(isSame);
  }

  private static boolean allows(List<String> hosts, String host, boolean overLoopback) {
    return new ChangeProperties(List.of(), hosts)
        .allowsHost(Objects.requireNonNull(Authority.parse(host, 0)), overLoopback);
  }

  @ParameterizedTest
  @CsvSource({
    "localhost:8080, true",
    "LOCALHOST, true",
    "127.0.0.1:1, true",
    "127.1.2.3, true",
    "[::1]:8080, true",
    "[0:0:0:0:0:0:0:1], true",
    "evil.example:8080, false",
    "localhost.evil.example, false",
    "127.0.0.1.evil.example, false",
    "[::2], false",
  })
  void overLoopbackOnlyLoopbackIsNamed(String host, boolean allowed) {
    assertThat(allows(List.of(), host, true)).isEqualTo(allowed);
    assertThat(allows(List.of(), host, false)).isTrue();
    assertThat(allows(List.of("*"), host, true)).isTrue();
  }

  @Test
  void hostsThatAreNamedAreTheOnlyOnes() {
    List<String> named = List.of("Models.example");
    assertThat(allows(named, "models.EXAMPLE:8080", true)).isTrue();
    assertThat(allows(named, "models.example", false)).isTrue();
    assertThat(allows(named, "localhost", true)).isTrue();
    assertThat(allows(named, "localhost", false)).isFalse();
    assertThat(allows(named, "other.example", false)).isFalse();
  }

  @Test
  void whatIsNoOriginCannotBeAllowed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ChangeProperties(List.of("models.example"), List.of()))
        .withMessageContaining("keepgate.http.changes.allowed-origins: 'models.example'");
    assertThat(
            new ChangeProperties(List.of("https://models.example"), List.of())
                .allowsOrigin("https://Models.example"))
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "PUT, /v1/models/a/versions/1, true",
    "DELETE, /v1/models/a, true",
    "DELETE, /v1/models/a/versions/1, true",
    "PATCH, /v1/models/a, true",
    "FOO, /v1/models/a, true",
    "POST, /v1/models/a/versions, true",
    "POST, /v1/models/a/versions/, true",
    "POST, /v1/models:inspect, true",
    "POST, /v1/models/a/threshold, true",
    "POST, /v1/models/a/versions/1/threshold, true",
    "PUT, /v1/models/a/labels/stable, true",
    "DELETE, /v1/models/a/labels/stable, true",
    "POST, /v1/models/a/labels/stable/threshold, true",
    "POST, /v1/models/a/labels/stable/step, false",
    "POST, /v1/models/a/detect, false",
    "POST, /v2/repository/models/a/load, true",
    "POST, /v2/repository/models/a/unload, true",
    "POST, /v2/repository/index, true",
    "GET, /v1/models, false",
    "HEAD, /v1/models/a, false",
    "OPTIONS, /v1/models/a/versions, false",
    "POST, /v1/models/a/step, false",
    "POST, /v1/models/a/versions/1/step, false",
    "POST, /v1/models/a/sequences, false",
    "POST, /v1/sequences/versions/step, false",
    "DELETE, /v1/sequences/a, false",
    "POST, /v2/models/a/infer, false",
  })
  void requestThatChangesModels(String method, String path, boolean changes) {
    assertThat(CrossOriginFilter.isChange(method, path)).isEqualTo(changes);
  }
}

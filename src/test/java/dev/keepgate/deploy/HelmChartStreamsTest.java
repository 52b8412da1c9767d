package dev.keepgate.deploy;

import static dev.keepgate.deploy.RenderedChart.byName;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ByteArrayResource;
import tools.jackson.databind.JsonNode;

/** The chart's pods that read topics. */
class HelmChartStreamsTest {

  @Test
  void bindingsAreTheServersSettings() {
    JsonNode streams = RenderedChart.of("kafka").settings().at("/keepgate/streams");
    assertThat(streams.get("bootstrap-servers").asString())
        .isEqualTo("forecasts-kafka-bootstrap.data:9093");
    assertThat(streams.get("application-id").asString()).isEqualTo("notebook");
    assertThat(streams.get("bindings").toString())
        .isEqualTo(
            "[{\"input\":\"notebook.readings\",\"model\":\"notebook-cell\","
                + "\"name\":\"notebook\",\"output\":\"notebook.steps\"}]");
    JsonNode own =
        RenderedChart.of(RenderedChart.template("kafka").set("streams.applicationId", ""))
            .settings();
    assertThat(own.at("/keepgate/streams/application-id").asString()).isEqualTo("release-keepgate");
  }

  /** As the server reads them, the login's from the environment. */
  @Test
  void clientsAreGivenCertificatesAndLogin() throws Exception {
    RenderedChart chart = RenderedChart.of("kafka");
    JsonNode login =
        chart
            .container()
            .get("env")
            .valueStream()
            .filter(
                variable ->
                    variable
                        .at("/valueFrom/secretKeyRef/key")
                        .asString("")
                        .equals("sasl.jaas.config"))
            .findFirst()
            .orElseThrow();
    assertThat(login.at("/valueFrom/secretKeyRef/name").asString()).isEqualTo("keepgate-kafka");
    MutablePropertySources sources = new MutablePropertySources();
    sources.addLast(
        new SystemEnvironmentPropertySource(
            StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
            Map.of(login.get("name").asString(), "login;")));
    byte[] settings =
        chart
            .get("ConfigMap")
            .at("/data/application.yml")
            .asString()
            .getBytes(StandardCharsets.UTF_8);
    new YamlPropertySourceLoader()
        .load("chart", new ByteArrayResource(settings))
        .forEach(sources::addLast);
    StandardEnvironment environment = new StandardEnvironment();
    environment
        .getPropertySources()
        .forEach(s -> environment.getPropertySources().remove(s.getName()));
    sources.forEach(environment.getPropertySources()::addLast);

    assertThat(
            Binder.get(environment)
                .bind("keepgate.streams.properties", Bindable.mapOf(String.class, String.class))
                .get())
        .isEqualTo(
            Map.of(
                "security.protocol", "SASL_SSL",
                "sasl.mechanism", "SCRAM-SHA-512",
                "sasl.jaas.config", "login;",
                "ssl.truststore.type", "PEM",
                "ssl.truststore.location", "/keepgate/kafka/ca.crt",
                "client.rack", "eu-1a"));
    assertThat(byName(chart.container().get("volumeMounts"), "mountPath"))
        .containsEntry("kafka", "/keepgate/kafka")
        .containsEntry("streams", "/keepgate/streams");
    assertThat(chart.pod().at("/volumes").toString())
        .contains("\"secretName\":\"forecasts-kafka-cluster-ca\"");
    assertThat(chart.settings().at("/keepgate/streams/state-dir").asString())
        .isEqualTo("/keepgate/streams");
  }

  @ParameterizedTest
  @CsvSource({
    "true, SCRAM-SHA-512, SASL_SSL",
    "false, SCRAM-SHA-512, SASL_PLAINTEXT",
    "true, '', SSL",
    "false, '', PLAINTEXT"
  })
  void protocolFollowsCertificatesAndLogin(boolean tls, String mechanism, String protocol) {
    JsonNode settings =
        RenderedChart.of(
                RenderedChart.template("kafka")
                    .set("streams.tls.enabled", tls)
                    .set("streams.sasl.mechanism", mechanism))
            .settings();
    assertThat(settings.at("/keepgate/streams/properties").get("security.protocol").asString())
        .isEqualTo(protocol);
  }

  @Test
  void podsReachBrokersAndEachOther() {
    RenderedChart chart = RenderedChart.of("kafka");
    JsonNode spec = chart.get("NetworkPolicy").get("spec");
    JsonNode brokers = spec.at("/egress/1");
    assertThat(brokers.get("ports").toString()).isEqualTo("[{\"port\":9093}]");
    assertThat(brokers.get("to").toString()).contains("\"kubernetes.io/metadata.name\":\"data\"");
    String pods = spec.at("/podSelector").toString();
    assertThat(spec.at("/egress/2").toString()).contains("\"http\"", pods);
    assertThat(spec.at("/ingress/0/from").toString()).contains(pods);
    assertThat(byName(chart.container().get("env"), "value"))
        .containsEntry("KEEPGATE_STREAMS_PEER_URL", "http://$(POD_IP):8080");

    assertThat(brokerPorts("streams.bootstrapServers", "a:9094,b:9094,c:9095"))
        .isEqualTo("[{\"port\":9094},{\"port\":9095}]");
    assertThat(brokerPorts("networkPolicy.kafkaPorts[0]", 9096)).isEqualTo("[{\"port\":9096}]");
  }

  private static String brokerPorts(String name, Object value) {
    return RenderedChart.of(RenderedChart.template("kafka").set(name, value))
        .get("NetworkPolicy")
        .at("/spec/egress/1/ports")
        .toString();
  }

  @Test
  void imageIsTheOneWithKafka() {
    assertThat(image()).isEqualTo("registry.example.org/keepgate:0.1.0-streams");
    assertThat(image("image.tag", "v7")).isEqualTo("registry.example.org/keepgate:v7-streams");
    assertThat(image("streams.image.tag", "streams"))
        .isEqualTo("registry.example.org/keepgate:streams");
    String digest = "sha256:" + "1".repeat(64);
    assertThat(image("streams.image.digest", digest))
        .isEqualTo("registry.example.org/keepgate@" + digest);
    assertThat(image("image.digest", digest))
        .isEqualTo("registry.example.org/keepgate:0.1.0-streams");
    assertThat(image("streams.enabled", "false")).isEqualTo("registry.example.org/keepgate:0.1.0");
  }

  private static String image(String... set) {
    var template = RenderedChart.template("kafka");
    for (int i = 0; i < set.length; i += 2) {
      template = template.set(set[i], set[i + 1]);
    }
    return RenderedChart.of(template).container().get("image").asString();
  }

  @ParameterizedTest
  @CsvSource({
    "streams.bootstrapServers, '', /streams/bootstrapServers",
    "streams.bootstrapServers, kafka, /streams/bootstrapServers",
    "streams.bindings, none, /streams/bindings",
    "streams.bindings[1].name, second, /streams/bindings/1",
    "streams.applicationId, a b, /streams/applicationId"
  })
  void schemaRefusesTopicsThatCannotBeRead(String name, String value, String place) {
    assertThatThrownBy(() -> RenderedChart.template("kafka").set(name, value).call())
        .hasMessageContaining("schema")
        .hasMessageContaining("'" + place + "'");
  }
}

package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

/** How a model's output is read as a distribution. */
class DistributionConfigHttpTest extends DistributionTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"normal\" | /config/distribution",
        "7 | /config/distribution",
        "\"poisson\" | /config/distribution",
        "\"student_t\" | /config/distribution",
        "\"quantiles\" | /config/distribution",
        "{\"kind\": \"gaussian\", \"scale\": 1} | /config/distribution/scale",
        "{} | /config/distribution/kind",
        "{\"kind\": \"gaussian\", \"parameters\": {\"loc\": [0]}} | /config/distribution/parameters",
        "{\"kind\": \"gaussian\", \"parameters\": {\"loc\": [0], \"scale\": [0]}} | /config/distribution/parameters",
        "{\"kind\": \"gaussian\", \"parameters\": {\"loc\": [0], \"scale\": [2]}} | /config/distribution/parameters",
        "{\"kind\": \"gaussian\", \"parameters\": {\"loc\": [0], \"scale\": \"1\"}} | /config/distribution/parameters/scale",
        "{\"kind\": \"gaussian\", \"activations\": {\"scale\": \"tanh\"}} | /config/distribution/activations/scale",
        "{\"kind\": \"gaussian\", \"activations\": {\"df\": \"exp\"}} | /config/distribution/activations/df",
        "{\"kind\": \"quantiles\", \"quantiles\": [0.1, 0.9]} | /config/distribution/parameters",
        "{\"kind\": \"quantiles\", \"quantiles\": [0.5]} | /config/distribution/parameters",
        "{\"kind\": \"gaussian\", \"quantiles\": [0.5]} | /config/distribution/quantiles"
      })
  void whatIsNoDistributionOfTheModelIsNamed(String distribution, String pointer) throws Exception {
    HttpResponse<byte[]> response =
        put("drawn-refused", "gaussian", "{\"distribution\": %s}".formatted(distribution));
    assertThat(response.statusCode()).as(text(response)).isEqualTo(400);
    assertThat(json(response).path("errors").path(0).path("pointer").asString()).isEqualTo(pointer);
  }

  @Test
  void anOutputThatIsActivatedAlreadyIsAskedFor() throws Exception {
    String softplus = "\"head_activation\": \"softplus\"";
    HttpResponse<byte[]> asked =
        put("drawn-asked", "poisson", "{\"distribution\": \"poisson\", %s}".formatted(softplus));
    assertThat(json(asked).path("errors").path(0).path("pointer").asString())
        .as(text(asked))
        .isEqualTo("/config/distribution/activations/rate");
    String said = "{\"kind\": \"poisson\", \"activations\": {\"rate\": \"linear\"}}";
    String model =
        serve("drawn-said", "poisson", "{\"distribution\": %s, %s}".formatted(said, softplus));
    ObjectNode body = body(golden("poisson").path("history"), 4);
    assertClose(
        ask(model + "/forecast", body).path("forecast"),
        ask(
                serve("drawn-poisson", "poisson", "{\"distribution\": \"poisson\"}") + "/forecast",
                body)
            .path("forecast"));
  }
}

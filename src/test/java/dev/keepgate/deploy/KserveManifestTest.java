package dev.keepgate.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.KeepgateApplication;
import dev.keepgate.ModelBytes;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** KServe's manifests: the server starts as the runtime says, over folders as KServe fills them. */
class KserveManifestTest {

  private static final Path FOLDER = Path.of("helm/kserve");

  private static JsonNode manifest(String name) throws IOException {
    Object document =
        new Yaml(new SafeConstructor(new LoaderOptions()))
            .load(Files.readString(FOLDER.resolve(name)));
    return JsonMapper.shared().valueToTree(document);
  }

  private static List<String> arguments(Path models, String name) throws IOException {
    return manifest("serving-runtime.yaml")
        .at("/spec/containers/0/args")
        .valueStream()
        .map(JsonNode::asString)
        .map(arg -> arg.replace("/mnt/models", models.toString()).replace("{{.Name}}", name))
        .map(arg -> arg.replaceFirst("port=[0-9]+", "port=0"))
        .toList();
  }

  @ParameterizedTest
  @CsvSource({"tagger, .", "tagger, 3", "other, other/2"})
  void servesWhatKservePutsThere(String model, String folder, @TempDir Path models)
      throws Exception {
    Path version = Files.createDirectories(models.resolve(folder));
    Files.write(version.resolve("model.safetensors"), ModelBytes.pytorch(3, 4, 1));
    String[] arguments = arguments(models, "tagger").toArray(String[]::new);
    try (ConfigurableApplicationContext server =
        SpringApplication.run(KeepgateApplication.class, arguments)) {
      String port = server.getEnvironment().getRequiredProperty("local.server.port");
      String probe =
          manifest("serving-runtime.yaml")
              .at("/spec/containers/0/readinessProbe/httpGet/path")
              .asString();
      Awaitility.await().until(() -> send(port, "GET", probe, "").statusCode() == 200);
      HttpResponse<String> answer =
          send(
              port,
              "POST",
              "/v2/models/" + model + "/infer",
              "{\"inputs\": [{\"name\": \"x\", \"shape\": [1, 1, 3], \"datatype\": \"FP32\","
                  + " \"data\": [1, 2, 3]}]}");
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(send(port, "GET", "/v2/models/notebook-cell", "").statusCode()).isEqualTo(404);
    }
  }

  private static HttpResponse<String> send(String port, String method, String path, String body)
      throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString());
  }

  @Test
  void theExampleAsksForTheRuntimeAndOneOfItsFormats() throws IOException {
    JsonNode runtime = manifest("serving-runtime.yaml");
    JsonNode model = manifest("inference-service.yaml").at("/spec/predictor/model");
    assertThat(model.get("runtime")).isEqualTo(runtime.at("/metadata/name"));
    assertThat(runtime.at("/spec/supportedModelFormats").valueStream().map(f -> f.get("name")))
        .contains(model.at("/modelFormat/name"));
    assertThat(runtime.at("/spec/protocolVersions").valueStream())
        .contains(model.get("protocolVersion"));
  }
}

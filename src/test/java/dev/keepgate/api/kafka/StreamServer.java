package dev.keepgate.api.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.KafkaBroker;
import dev.keepgate.KeepgateApplication;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.util.FileSystemUtils;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server with bindings, in this JVM. */
final class StreamServer implements AutoCloseable {

  static final JsonMapper JSON = JsonMapper.builder().build();

  /** One for all tests that do not break it. */
  private static @Nullable KafkaBroker shared;

  private final HttpClient client = HttpClient.newHttpClient();
  private final ConfigurableApplicationContext context;
  private final Path folder;

  private StreamServer(ConfigurableApplicationContext context, Path folder) {
    this.context = context;
    this.folder = folder;
  }

  static synchronized KafkaBroker broker() throws IOException {
    KafkaBroker known = shared;
    if (known == null) {
      known = KafkaBroker.start();
      Runtime.getRuntime().addShutdownHook(new Thread(known::close));
      shared = known;
    }
    return known;
  }

  /** The settings of a binding, as arguments. */
  static List<String> binding(int index, Map<String, String> settings) {
    List<String> arguments = new ArrayList<>();
    settings.forEach(
        (name, value) ->
            arguments.add("--keepgate.streams.bindings[%d].%s=%s".formatted(index, name, value)));
    return arguments;
  }

  /** A binding of a model to topics of one name. */
  static Map<String, String> topics(String name, String model) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("name", name);
    settings.put("model", model);
    settings.put("input", name + "-in");
    settings.put("output", name + "-out");
    settings.put("dead-letter", name + "-dead");
    return settings;
  }

  static void createTopics(KafkaBroker broker, String name, int partitions) {
    for (String suffix : List.of("-in", "-out", "-dead")) {
      broker.createTopic(name + suffix, partitions, Map.of());
    }
  }

  /** Changes a setting of a topic of the shared broker. */
  static void configure(String topic, String name, String value) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    AlterConfigOp change =
        new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
    try (Admin admin = broker().admin()) {
      admin.incrementalAlterConfigs(Map.of(resource, List.of(change))).all().get();
    }
  }

  /**
   * Starts a server; does not wait for its streams.
   *
   * @param application the consumer group
   * @param more arguments, which replace those of the same name
   */
  static StreamServer start(String bootstrap, String application, List<String> more)
      throws IOException {
    Path folder = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "stream-");
    return start(folder, bootstrap, application, more);
  }

  /**
   * Starts a server in the folder of another, which has ended.
   *
   * @param folder with its models, and its states unless they were lost
   */
  static StreamServer start(Path folder, String bootstrap, String application, List<String> more) {
    Map<String, String> arguments = new LinkedHashMap<>();
    arguments.put("server.port", "0");
    arguments.put("spring.grpc.server.port", "0");
    arguments.put("keepgate.repository.path", folder.resolve("models").toString());
    arguments.put("keepgate.repository.built-in", "always");
    arguments.put("keepgate.streams.bootstrap-servers", bootstrap);
    arguments.put("keepgate.streams.application-id", application);
    arguments.put("keepgate.streams.state-dir", folder.resolve("states").toString());
    arguments.put("keepgate.streams.properties.session.timeout.ms", "6000");
    arguments.put("keepgate.streams.properties.heartbeat.interval.ms", "500");
    for (String each : more) {
      int sign = each.indexOf('=');
      arguments.put(each.substring("--".length(), sign), each.substring(sign + 1));
    }
    return new StreamServer(
        new SpringApplicationBuilder(KeepgateApplication.class)
            .run(
                arguments.entrySet().stream()
                    .map(each -> "--" + each.getKey() + "=" + each.getValue())
                    .toArray(String[]::new)),
        folder);
  }

  <T> T bean(Class<T> type) {
    return context.getBean(type);
  }

  int port() {
    return context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  HttpResponse<String> get(String path) throws Exception {
    return send(HttpRequest.newBuilder(uri(path)));
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  JsonNode post(String path, String body) throws Exception {
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 201);
    return JSON.readTree(answer.body());
  }

  /** Puts a model of PyTorch's. */
  void upload(String path, byte[] safetensors) throws Exception {
    Form form = new Form();
    form.part("file", "model.safetensors", safetensors);
    upload(path, form, "{}");
  }

  /**
   * Puts a model of files.
   *
   * @param files by the names of their parts
   */
  void upload(String path, Map<String, Path> files, String config) throws Exception {
    Form form = new Form();
    for (Map.Entry<String, Path> each : files.entrySet()) {
      Path file = each.getValue();
      form.part(each.getKey(), String.valueOf(file.getFileName()), Files.readAllBytes(file));
    }
    upload(path, form, config);
  }

  private void upload(String path, Form form, String config) throws Exception {
    form.part("config", null, config.getBytes(StandardCharsets.UTF_8));
    HttpRequest.Builder put =
        HttpRequest.newBuilder(uri(path))
            .header("Content-Type", "multipart/form-data; boundary=" + Form.BOUNDARY)
            .PUT(BodyPublishers.ofByteArray(form.toByteArray()));
    HttpResponse<String> answer = send(put);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
  }

  private static final class Form {
    private static final String BOUNDARY = "keepgate-boundary";
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();

    private void part(String name, @Nullable String file, byte[] content) {
      text("--%s\r\nContent-Disposition: form-data; name=\"%s\"".formatted(BOUNDARY, name));
      text(file == null ? "" : "; filename=\"" + file + "\"");
      text("\r\n\r\n");
      body.writeBytes(content);
      text("\r\n");
    }

    private void text(String text) {
      body.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private byte[] toByteArray() {
      text("--" + BOUNDARY + "--\r\n");
      return body.toByteArray();
    }
  }

  /** The status that a deletion is answered with. */
  int delete(String path) throws Exception {
    return client
        .send(HttpRequest.newBuilder(uri(path)).DELETE().build(), BodyHandlers.discarding())
        .statusCode();
  }

  /** Ends it, and leaves its folder for another. */
  Path stop() {
    context.close();
    return folder;
  }

  @Override
  public void close() throws IOException {
    FileSystemUtils.deleteRecursively(stop());
  }
}

package dev.keepgate;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.Upload;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.OptionalLong;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Loads and unloads a model of 30 MB many times, over HTTP and over the registry, and prints what
 * the process holds meanwhile (Linux). Arguments: how many cycles, 200 where there is none.
 */
public final class SoakMain {

  private static final int INPUT = 360;
  private static final int HIDDEN = 1200;
  private static final int ROWS = 10;

  private final HttpClient client = HttpClient.newHttpClient();
  private final byte[] file = ModelBytes.pytorch(INPUT, HIDDEN, 1);
  private final ModelRegistry registry;
  private final URI server;
  private final PrintStream out;

  private SoakMain(ModelRegistry registry, int port, PrintStream out) {
    this.registry = registry;
    this.server = URI.create("http://localhost:" + port);
    this.out = out;
  }

  private interface Cycle {
    void run() throws IOException, InterruptedException;
  }

  public static void main(String[] args) throws Exception {
    int cycles = args.length > 0 ? Integer.parseInt(args[0]) : 200;
    Path repository = Files.createTempDirectory("keepgate-soak-");
    try (ConfigurableApplicationContext context =
        SpringApplication.run(
            KeepgateApplication.class,
            "--server.port=0",
            "--spring.grpc.server.port=0",
            "--logging.level.root=warn",
            "--keepgate.repository.path=" + repository)) {
      int port = context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
      SoakMain soak = new SoakMain(context.getBean(ModelRegistry.class), port, System.out);
      soak.run("HTTP: PUT, step, DELETE", cycles, soak::overHttp);
      soak.run("registry: put, acquire, remove", cycles, soak::overRegistry);
    }
  }

  private void run(String name, int cycles, Cycle cycle) throws IOException, InterruptedException {
    out.printf("%s: %d cycles of %,d bytes%n", name, cycles, file.length);
    out.println("| cycle | RSS MB | heap MB | off-heap MB | models MB |");
    out.println("|------:|-------:|--------:|------------:|----------:|");
    print(0);
    for (int i = 1; i <= cycles; i++) {
      cycle.run();
      if (i % Math.max(1, cycles / ROWS) == 0) {
        print(i);
      }
    }
  }

  private void print(int cycle) throws IOException {
    out.printf(
        "| %5d | %6d | %7d | %11d | %9d |%n",
        cycle,
        residentBytes() >> 20,
        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 20,
        Pointer.totalBytes() >> 20,
        registry.memoryUsed() >> 20);
  }

  private static long residentBytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
        .findFirst()
        .orElseThrow();
  }

  private void overHttp() throws IOException, InterruptedException {
    send("PUT", "/v1/models/soak/versions/1", file, 201);
    String x = String.join(",", Collections.nCopies(INPUT, "0.5"));
    send("POST", "/v1/models/soak/step", body("{\"x\": [" + x + "]}"), 200);
    send("DELETE", "/v1/models/soak", null, 204);
  }

  private static byte[] body(String json) {
    return json.getBytes(StandardCharsets.UTF_8);
  }

  private void send(String method, String path, byte @Nullable [] body, int status)
      throws IOException, InterruptedException {
    BodyPublisher content =
        body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body);
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(server.resolve(path))
                .header("Content-Type", "application/json")
                .method(method, content)
                .build(),
            BodyHandlers.ofString());
    if (response.statusCode() != status) {
      throw new IllegalStateException(response.statusCode() + ": " + response.body());
    }
  }

  private void overRegistry() throws IOException {
    try (Upload upload = registry.newUpload()) {
      try (OutputStream to = upload.newFile("model")) {
        to.write(file);
      }
      registry.put("soak", OptionalLong.of(1), upload);
    }
    try (ModelHandle handle = registry.acquire(ModelRequest.latest("soak"))) {
      if (handle.model().bytes() < file.length / 2) {
        throw new IllegalStateException("the model holds " + handle.model().bytes() + " bytes");
      }
    }
    registry.remove(new ModelId("soak", 1));
  }
}

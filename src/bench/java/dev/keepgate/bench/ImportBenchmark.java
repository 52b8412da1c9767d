package dev.keepgate.bench;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.activations.Activation;
import org.springframework.util.FileSystemUtils;

/**
 * How long an upload takes to serve and what memory it takes on the way, for the models of a folder
 * (see {@code src/test/python/large_models.py}) and a network of Deeplearning4j's. Each goes to a
 * server of its own, by PUT.
 */
final class ImportBenchmark {

  private static final String SERVER = "dev.keepgate.KeepgateApplication";
  private static final int UNITS = 1024;
  private static final double MEGABYTE = 1e6;
  private static final Pattern PARAMETERS = Pattern.compile("\"parameters\":(\\d+)");

  /** A heap that is given back and grows as it must, so that what is measured is what it takes. */
  private static final List<String> JVM =
      List.of(
          "-Xmx256m", "-XX:+UseSerialGC", "-XX:MinHeapFreeRatio=5", "-XX:MaxHeapFreeRatio=10");

  private final Path folder;

  ImportBenchmark(Path folder) {
    this.folder = folder;
  }

  /** Prints a line a model. */
  void run() throws IOException, InterruptedException {
    Files.createDirectories(folder);
    writeDl4j(folder.resolve("dl4j.zip"));
    System.out.printf("%-24s %8s %8s %14s%n", "model", "MB", "seconds", "peak/weights");
    for (Path file : models()) {
      measure(file);
    }
  }

  private List<Path> models() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted(Comparator.comparing(Path::toString)).toList();
    }
  }

  private static void writeDl4j(Path file) throws IOException {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .list(
                    new LSTM.Builder().nIn(UNITS).nOut(UNITS).build(),
                    new LSTM.Builder().nIn(UNITS).nOut(UNITS).build(),
                    new RnnLossLayer.Builder().activation(Activation.SOFTMAX).build())
                .build());
    network.init();
    ModelSerializer.writeModel(network, file.toFile(), false);
  }

  private static void measure(Path file) throws IOException, InterruptedException {
    Path repository = Files.createTempDirectory("import-bench");
    List<String> options =
        List.of(
            "--keepgate.repository.path=" + repository, "--keepgate.repository.built-in=never");
    try (ServerProcess server =
        ServerProcess.start(JVM, SERVER, "/actuator/health/readiness", options)) {
      Memory before = Memory.of(server);
      long start = System.nanoTime();
      HttpResponse<byte[]> answer =
          server.send(
              "PUT",
              "/v1/models/model/versions/1",
              Files.readAllBytes(file),
              "application/octet-stream");
      double seconds = (System.nanoTime() - start) / 1e9;
      Memory after = Memory.of(server);
      String text = new String(answer.body(), StandardCharsets.UTF_8);
      Matcher parameters = PARAMETERS.matcher(text);
      if (answer.statusCode() != 201 || !parameters.find()) {
        throw new IOException(file + ": " + text);
      }
      double weights = (double) Float.BYTES * Long.parseLong(parameters.group(1));
      System.out.printf(
          "%-24s %8.1f %8.2f %14.2f%n",
          file.getFileName(),
          weights / MEGABYTE,
          seconds,
          (after.peak() - before.now()) / weights);
    } finally {
      FileSystemUtils.deleteRecursively(repository);
    }
  }

  /**
   * The resident memory of a process, in bytes, as Linux tells it.
   *
   * @param peak the most that it has been
   */
  private record Memory(long now, long peak) {

    static Memory of(ServerProcess server) throws IOException {
      String status = Files.readString(Path.of("/proc/" + server.process().pid() + "/status"));
      return new Memory(kilobytes(status, "VmRSS"), kilobytes(status, "VmHWM"));
    }

    private static long kilobytes(String status, String field) {
      return status
              .lines()
              .filter(line -> line.startsWith(field + ":"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
              .findFirst()
              .orElseThrow()
          << 10;
    }
  }
}

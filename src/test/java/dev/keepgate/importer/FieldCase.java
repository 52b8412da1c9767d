package dev.keepgate.importer;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * An upload of a kind that people send, what their framework answers, and whether it is to be
 * served or refused.
 *
 * @param name of the case and of the attempt
 * @param config what comes beside the files
 * @param expected the framework's output, row-major; null where it is only to be refused
 * @param rank of the output: 3 where it has every step
 */
record FieldCase(
    String name,
    List<Path> files,
    ImportConfig config,
    boolean exact,
    JsonNode inputs,
    double @Nullable [] expected,
    int rank,
    double tolerance) {

  private static final Path ROOT = Path.of("src/test/resources/field");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** All attempts whose files are there. */
  static Stream<FieldCase> all() {
    try (Stream<Path> folders = Files.list(ROOT)) {
      return folders.sorted().toList().stream().flatMap(FieldCase::attempts);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<FieldCase> attempts(Path folder) {
    JsonNode json = JSON.readTree(folder.resolve("case.json").toFile());
    List<FieldCase> cases = new ArrayList<>();
    for (int i = 0; i < json.get("attempts").size(); i++) {
      JsonNode attempt = json.get("attempts").get(i);
      List<Path> files = new ArrayList<>();
      for (JsonNode file : attempt.get("files")) {
        Path path = find(folder, i, file);
        if (path != null) {
          files.add(path);
        }
      }
      if (files.size() == attempt.get("files").size()) {
        cases.add(of(folder.getFileName() + " " + i, files, attempt));
      }
    }
    return cases.stream();
  }

  private static FieldCase of(String name, List<Path> files, JsonNode attempt) {
    JsonNode output = attempt.path("expected").path("output");
    JsonNode config = attempt.path("config");
    try {
      return new FieldCase(
          name + ": " + attempt.get("label").asString(),
          files,
          config.isObject()
              ? ImportConfig.parse(config.toString().getBytes(StandardCharsets.UTF_8))
              : ImportConfig.NONE,
          attempt.get("want").asString().equals("exact"),
          attempt.get("inputs"),
          output.isArray() ? numbers(output) : null,
          rank(output),
          attempt.get("tolerance").asDouble());
    } catch (ImportException e) {
      throw new IllegalStateException(name, e);
    }
  }

  /** Attempts that send the file of one before them have none of their own. */
  private static @Nullable Path find(Path folder, int attempt, JsonNode file) {
    String name = Path.of(file.get("name").asString()).getFileName().toString();
    for (int i = attempt; i >= 0; i--) {
      Path path = folder.resolve(i + "-" + name);
      if (Files.exists(path) && path.toFile().length() == file.get("bytes").asLong()) {
        return path;
      }
    }
    return null;
  }

  static int rank(JsonNode array) {
    return array.isArray() ? 1 + rank(array.get(0)) : 0;
  }

  static double[] numbers(JsonNode array) {
    if (!array.isArray()) {
      return new double[] {array.asDouble()};
    }
    return array.valueStream().flatMapToDouble(part -> DoubleStream.of(numbers(part))).toArray();
  }

  /** What a model answers to the inputs. */
  NetworkOutput run(Network network, LstmKernel kernel) {
    JsonNode x = inputs.get("x");
    try (CompiledModel compiled = kernel.compile(network);
        LstmKernel.Scratch scratch = kernel.newScratch()) {
      Signature signature = compiled.signature();
      double[] numbers = numbers(x);
      float[] floats = new float[numbers.length];
      int[] ids = new int[numbers.length];
      for (int i = 0; i < numbers.length; i++) {
        floats[i] = (float) numbers[i];
        ids[i] = (int) numbers[i];
      }
      boolean takesIds = signature.takesIds();
      NetworkInput input =
          new NetworkInput(
              x.size(),
              x.get(0).size(),
              takesIds ? new float[0] : floats,
              takesIds ? ids : null,
              null,
              state(signature, x.size()));
      return compiled.unroll(input, rank == 3, false, scratch);
    }
  }

  private RecurrentState state(Signature signature, int batch) {
    JsonNode given = inputs.path("state");
    RecurrentState zero = RecurrentState.zero(signature.state(), batch);
    return given.isObject()
        ? RecurrentState.of(
            signature.state(), Map.of("h", cells(given.get("h")), "c", cells(given.get("c"))))
        : zero;
  }

  private static float[][] cells(JsonNode state) {
    float[][] cells = new float[state.size()][];
    for (int i = 0; i < cells.length; i++) {
      double[] numbers = numbers(state.get(i));
      cells[i] = new float[numbers.length];
      for (int k = 0; k < numbers.length; k++) {
        cells[i][k] = (float) numbers[k];
      }
    }
    return cells;
  }

  @Override
  public String toString() {
    return name;
  }
}

package dev.keepgate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A model that a framework saved, with inputs and the outputs that the framework itself computed.
 *
 * @param name the case's folder
 * @param files the model's files
 * @param config what the case says of the model
 * @param tolerance absolute
 * @param unused what the names of tensors begin with that play no part in the model
 */
public record GoldenCase(
    String name,
    Path folder,
    List<Path> files,
    JsonNode config,
    double tolerance,
    List<String> unused,
    Map<String, Tensor> inputs,
    Map<String, Tensor> expected) {

  private static final Path ROOT = Path.of("src/test/resources/golden");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * @param shape its dimensions
   * @param data its numbers, row-major
   */
  public record Tensor(int[] shape, double[] data) {

    public float[] floats() {
      float[] floats = new float[data.length];
      for (int i = 0; i < data.length; i++) {
        floats[i] = (float) data[i];
      }
      return floats;
    }

    public int[] ints() {
      int[] ints = new int[data.length];
      for (int i = 0; i < data.length; i++) {
        ints[i] = (int) data[i];
      }
      return ints;
    }
  }

  public static GoldenCase read(String name) {
    Path folder = ROOT.resolve(name);
    JsonNode json = JSON.readTree(folder.resolve("case.json").toFile());
    Map<String, Tensor> inputs = tensors(json.get("inputs"));
    Map<String, Tensor> expected = tensors(json.get("expected"));
    if (inputs.containsKey("X")) {
      OnnxCase onnx =
          new OnnxCase(inputs, expected, json.get("note").asString().contains("layout=1"));
      inputs = onnx.requestInputs();
      expected = onnx.answers();
    }
    return new GoldenCase(
        name,
        folder,
        json.get("files").valueStream().map(file -> folder.resolve(file.asString())).toList(),
        json.path("config").isObject() ? json.get("config") : JSON.createObjectNode(),
        json.get("tolerance").asDouble(),
        json.path("unused").valueStream().map(JsonNode::asString).toList(),
        inputs,
        expected);
  }

  /** The cases whose names start with a prefix, in order. */
  public static Stream<GoldenCase> all(String prefix) {
    try (Stream<Path> folders = Files.list(ROOT)) {
      return folders
          .map(folder -> folder.getFileName().toString())
          .filter(name -> name.startsWith(prefix))
          .sorted()
          .toList()
          .stream()
          .map(GoldenCase::read);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The files, each alone the whole model but a checkpoint's, which are it together. */
  public List<List<Path>> models() {
    List<Path> checkpoint =
        files.stream().filter(file -> file.toString().contains(".ckpt.")).toList();
    return Stream.concat(
            files.stream().filter(file -> !checkpoint.contains(file)).map(List::of),
            Stream.of(checkpoint).filter(parts -> !parts.isEmpty()))
        .toList();
  }

  /** The case's only file of this ending. */
  public Path file(String ending) {
    return files.stream()
        .filter(file -> file.toString().endsWith(ending))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(name + " has no file " + ending));
  }

  @Override
  public String toString() {
    return name;
  }

  private static Map<String, Tensor> tensors(JsonNode json) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    json.propertyStream()
        .forEach(
            entry ->
                tensors.put(
                    entry.getKey(),
                    new Tensor(
                        entry
                            .getValue()
                            .get("shape")
                            .valueStream()
                            .mapToInt(JsonNode::asInt)
                            .toArray(),
                        entry
                            .getValue()
                            .get("data")
                            .valueStream()
                            .mapToDouble(JsonNode::asDouble)
                            .toArray())));
    return tensors;
  }
}

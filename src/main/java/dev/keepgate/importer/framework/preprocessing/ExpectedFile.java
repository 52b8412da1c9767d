package dev.keepgate.importer.framework.preprocessing;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.SideFiles;
import dev.keepgate.model.ExpectedAnswers;
import dev.keepgate.model.ExpectedAnswers.Tensors;
import dev.keepgate.model.ExpectedAnswers.Tolerance;
import dev.keepgate.tensor.JsonTensorReader;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads expected answers: a JSON list of cases, each of what a request may have ({@code x} or
 * {@code inputs}, {@code state}, {@code lengths}, {@code return_sequences}, {@code scaled}), with
 * {@code operation}, {@code output} or {@code outputs}, and {@code tolerance}.
 */
final class ExpectedFile {

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(16).build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private static final String FIELDS =
      "operation, x, inputs, state, lengths, return_sequences, scaled, output, outputs, tolerance";

  private final JsonParser json;
  private final long maxBytes;
  private long bytes;

  private ExpectedFile(JsonParser json, long maxBytes) {
    this.json = json;
    this.maxBytes = maxBytes;
  }

  /** Its numbers are more than may be made of a model's files. */
  private static final class TooLargeException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private void take(long change) {
    bytes += change;
    if (bytes > maxBytes) {
      throw new TooLargeException();
    }
  }

  /**
   * Reads all cases.
   *
   * @param file all its bytes
   * @throws ImportException that names the case and the field
   */
  static ExpectedAnswers read(byte[] file, ImportLimits limits) throws ImportException {
    int maxCases = limits.expected().maxCases();
    try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), file)) {
      if (json.nextToken() != JsonToken.START_ARRAY) {
        throw new TensorFormatException("", "expected a JSON list of cases");
      }
      ExpectedFile reader = new ExpectedFile(json, limits.maxBytes());
      List<ExpectedAnswers.Case> cases = new ArrayList<>();
      while (json.nextToken() != JsonToken.END_ARRAY) {
        if (cases.size() == maxCases) {
          throw ImportException.tooLarge(
              ("%s has more than %,d cases; leave some out, or set"
                      + " keepgate.import-limits.max-expected-cases")
                  .formatted(SideFiles.EXPECTED, maxCases));
        }
        cases.add(reader.readCase("/" + cases.size()));
      }
      if (json.nextToken() != null) {
        throw new TensorFormatException("", "more follows the list");
      }
      if (cases.isEmpty()) {
        throw new TensorFormatException("", "has no case");
      }
      return new ExpectedAnswers(cases);
    } catch (TooLargeException e) {
      throw ImportException.tooLarge(
          "the numbers of %s take more than %,d bytes"
              .formatted(SideFiles.EXPECTED, limits.maxBytes()));
    } catch (TensorFormatException e) {
      throw ImportException.malformed(SideFiles.EXPECTED + e.pointer(), e.detail());
    } catch (JacksonException e) {
      throw ImportException.malformed(SideFiles.EXPECTED, "is no JSON: " + e.getOriginalMessage());
    }
  }

  /** What was read of a case so far. */
  private static final class Fields {
    boolean isStep;
    Tensor.@Nullable Doubles x;
    Map<String, Tensor.Doubles> inputs = Map.of();
    Map<String, List<Tensor>> state = Map.of();
    Tensor.@Nullable Ints lengths;
    @Nullable Boolean returnSequences;
    boolean scaled;
    Tensor.@Nullable Doubles output;
    Map<String, Tensor.Doubles> outputs = Map.of();
    Tolerance tolerance = Tolerance.DEFAULT;
  }

  private ExpectedAnswers.Case readCase(String at) {
    requireObject(at);
    Fields fields = new Fields();
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = json.currentName();
      json.nextToken();
      readField(fields, name, at + TensorFormatException.token(name));
    }
    return new ExpectedAnswers.Case(
        new ExpectedAnswers.Asked(
            fields.isStep,
            tensors(fields.x, fields.inputs, at + "/x", "x, or of several inputs inputs"),
            fields.state,
            fields.lengths,
            fields.returnSequences),
        tensors(
            fields.output, fields.outputs, at + "/output", "output, or of several outputs outputs"),
        fields.scaled,
        fields.tolerance);
  }

  private void readField(Fields fields, String name, String at) {
    switch (name) {
      case "operation" -> fields.isStep = isStep(at);
      case "x" -> fields.x = doubles(at);
      case "inputs" -> fields.inputs = named(at);
      case "state" -> fields.state = state(at);
      case "lengths" -> fields.lengths = JsonTensorReader.readInts(json, at, this::take);
      case "return_sequences" -> fields.returnSequences = flag(at);
      case "scaled" -> fields.scaled = flag(at);
      case "output" -> fields.output = doubles(at);
      case "outputs" -> fields.outputs = named(at);
      case "tolerance" -> fields.tolerance = tolerance(at);
      default -> throw new TensorFormatException(at, "is unknown; known are " + FIELDS);
    }
  }

  private static Tensors tensors(
      Tensor.@Nullable Doubles only, Map<String, Tensor.Doubles> named, String at, String names) {
    if ((only == null) == named.isEmpty()) {
      throw new TensorFormatException(at, "a case has either " + names);
    }
    return new Tensors(only, named);
  }

  private boolean isStep(String at) {
    String text = json.currentToken() == JsonToken.VALUE_STRING ? json.getString() : "";
    if (!text.equals("step") && !text.equals("unroll")) {
      throw new TensorFormatException(at, "expected \"step\" or \"unroll\"");
    }
    return text.equals("step");
  }

  private boolean flag(String at) {
    if (json.currentToken() != JsonToken.VALUE_TRUE
        && json.currentToken() != JsonToken.VALUE_FALSE) {
      throw new TensorFormatException(at, "expected true or false");
    }
    return json.currentToken() == JsonToken.VALUE_TRUE;
  }

  private void requireObject(String at) {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new TensorFormatException(at, "expected an object");
    }
  }

  private Tensor.Doubles doubles(String at) {
    return JsonTensorReader.readDoubles(json, at, this::take);
  }

  private Map<String, Tensor.Doubles> named(String at) {
    requireObject(at);
    Map<String, Tensor.Doubles> named = new LinkedHashMap<>();
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = json.currentName();
      json.nextToken();
      named.put(name, doubles(at + TensorFormatException.token(name)));
    }
    return named;
  }

  private Map<String, List<Tensor>> state(String at) {
    requireObject(at);
    Map<String, List<Tensor>> state = new LinkedHashMap<>();
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = json.currentName();
      json.nextToken();
      String slot = at + TensorFormatException.token(name);
      state.put(name, JsonTensorReader.readEach(json, slot, this::take));
    }
    return state;
  }

  private Tolerance tolerance(String at) {
    requireObject(at);
    double absolute = 0;
    double relative = 0;
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = json.currentName();
      json.nextToken();
      String field = at + TensorFormatException.token(name);
      switch (name) {
        case "absolute" -> absolute = size(field);
        case "relative" -> relative = size(field);
        default ->
            throw new TensorFormatException(field, "is unknown; known are absolute, relative");
      }
    }
    return new Tolerance(absolute, relative);
  }

  private double size(String at) {
    double size = json.currentToken().isNumeric() ? json.getDoubleValue() : Double.NaN;
    if (!Double.isFinite(size) || size < 0) {
      throw new TensorFormatException(at, "expected a number from 0 on");
    }
    return size;
  }
}

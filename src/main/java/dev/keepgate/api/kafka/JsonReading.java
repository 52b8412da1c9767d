package dev.keepgate.api.kafka;

import dev.keepgate.api.json.InputReader;
import dev.keepgate.api.json.JsonFields;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonTensorReader;
import dev.keepgate.tensor.JsonTensorScanner;
import dev.keepgate.tensor.NumberRangeException;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamLocation;

/**
 * Reads one value of JSON: an object with the model's inputs as over HTTP, an object with readings
 * by their names, or an array. No more numbers are kept than the model takes, however many come.
 */
final class JsonReading {

  /** Names that an error lists. */
  private static final int LISTED = 20;

  /** Bytes a number of what is read without a parser: more is mostly white space. */
  private static final int USUAL_BYTES = 32;

  /** What Jackson says of the source in place of its bytes. */
  private static final Pattern SOURCE = Pattern.compile("\\s*\\(?\\[?Source: .*", Pattern.DOTALL);

  private final List<StepInput> inputs;
  private final Memory memory;
  private final InputReader tensors;

  /** The names of the only input's readings; empty where they have none. */
  private final List<String> features;

  /** Readings by their names; null where none came. */
  private double @Nullable [] readings;

  private boolean[] isThere = {};
  private boolean hasTensors;

  JsonReading(Signature signature, List<StepInput> inputs) {
    this.inputs = inputs;
    this.memory = new Memory(inputs);
    this.tensors = new InputReader(signature, memory);
    List<String> names = signature.settings().columns().features();
    boolean isNamed = inputs.size() == 1 && names.size() == inputs.get(0).width();
    this.features = isNamed ? names : List.of();
  }

  /** The memory of the numbers that a step may have. */
  private static final class Memory implements ArrayMemory {

    /** What readers begin with. */
    private static final int LEAST = 128;

    /** Bytes a number, with the arrays that are copied on the way to a larger one. */
    private static final int BYTES = 4 * Double.BYTES;

    private long left;
    private boolean isExceeded;

    Memory(List<StepInput> inputs) {
      for (StepInput input : inputs) {
        long numbers = input.isFixed() ? input.width() : Integer.MAX_VALUE;
        left += BYTES * (numbers + LEAST);
      }
    }

    @Override
    public void change(long bytes) {
      left -= bytes;
      if (left < 0) {
        isExceeded = true;
        throw new TensorFormatException("", "has more numbers than the model takes a step");
      }
    }
  }

  /** What reads JSON. */
  private interface Reading<T> {
    T read() throws BadRecordException;
  }

  /**
   * Reads an object.
   *
   * @return the inputs in the model's order
   * @throws BadRecordException if it is none, or the model does not take what it has
   */
  List<Tensor> object(byte[] json) throws BadRecordException {
    return read(json, () -> objectOf(json));
  }

  private List<Tensor> objectOf(byte[] json) throws BadRecordException {
    if (!scansObject(json)) {
      JsonFields.read(json, json.length, this::field);
    }
    double[] named = readings;
    if (named != null) {
      return List.of(inputs.get(0).tensor(complete(named), this::pointer));
    }
    if (!hasTensors && !features.isEmpty()) {
      throw missing(0);
    }
    List<Tensor> steps = new ArrayList<>(inputs.size());
    List<Tensor> given = tensors.tensors(tensors::pointer);
    for (int i = 0; i < inputs.size(); i++) {
      StepInput input = inputs.get(i);
      steps.add(input.require(given.get(i), tensors.pointer(input.input().name())));
    }
    return steps;
  }

  /**
   * Reads an array.
   *
   * @return the only input
   * @throws BadRecordException if it is none, or the model does not take what it has
   */
  Tensor array(byte[] json) throws BadRecordException {
    return inputs.get(0).require(read(json, () -> arrayOf(json)), "");
  }

  private Tensor arrayOf(byte[] json) {
    Tensor scanned = scanArray(json);
    if (scanned != null) {
      return scanned;
    }
    try (JsonParser parser = JsonFields.JSON.createParser(ObjectReadContext.empty(), json)) {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        throw new TensorFormatException("", "expected a JSON array");
      }
      Tensor tensor = tensor(parser, "");
      if (parser.nextToken() != null) {
        throw new TensorFormatException("", "more follows the JSON array");
      }
      return tensor;
    }
  }

  private Tensor tensor(JsonParser parser, String pointer) {
    StepInput input = inputs.get(0);
    return input.takesIds()
        ? JsonTensorReader.readInts(parser, pointer, memory)
        : input.isPrecise()
            ? JsonTensorReader.readDoubles(parser, pointer, memory)
            : JsonTensorReader.readFloats(parser, pointer, memory);
  }

  /** Turns what readers throw into what a record is refused for. */
  private <T> T read(byte[] json, Reading<T> reading) throws BadRecordException {
    requireUtf8(json);
    try {
      return reading.read();
    } catch (NumberRangeException e) {
      throw BadRecordException.at(BadRecordException.NOT_FINITE, e.pointer(), e.detail());
    } catch (TensorFormatException e) {
      String reason = memory.isExceeded ? BadRecordException.WIDTH : BadRecordException.VALUE;
      throw BadRecordException.at(reason, e.pointer(), e.detail());
    } catch (JacksonException e) {
      TokenStreamLocation location = e.getLocation();
      String where =
          location == null
              ? ""
              : " (line %d, column %d)".formatted(location.getLineNr(), location.getColumnNr());
      throw new BadRecordException(
          BadRecordException.VALUE,
          "is not JSON: " + SOURCE.matcher(e.getOriginalMessage()).replaceAll("") + where);
    }
  }

  /** The parser would take other encodings, which it tells by their zeros and their marks. */
  private static void requireUtf8(byte[] json) throws BadRecordException {
    for (int i = 0; i < Math.min(json.length, Integer.BYTES); i++) {
      if (json[i] == 0) {
        throw new BadRecordException(BadRecordException.VALUE, "is not UTF-8");
      }
    }
    int first = json[0] & 0xff;
    if (first == 0xef || first == 0xfe || first == 0xff) {
      throw new BadRecordException(
          BadRecordException.VALUE, "is not JSON: begins with a byte order mark");
    }
  }

  /** Whether it was an object with the only input, written as nearly all clients do. */
  private boolean scansObject(byte[] json) {
    if (!isUsual(json)) {
      return false;
    }
    try {
      JsonTensorScanner scanner = new JsonTensorScanner(json, 0, json.length, memory);
      scanner.expect('{');
      if (!scanner.name().equals(InputReader.ONLY)) {
        return false;
      }
      Tensor tensor = scanner.floats();
      scanner.expect('}');
      scanner.expectEnd();
      tensors.takeOnly(tensor);
      hasTensors = true;
      return true;
    } catch (JsonTensorScanner.NotScannedException e) {
      return false;
    }
  }

  private @Nullable Tensor scanArray(byte[] json) {
    if (!isUsual(json)) {
      return null;
    }
    try {
      JsonTensorScanner scanner = new JsonTensorScanner(json, 0, json.length, memory);
      Tensor tensor = scanner.floats();
      scanner.expectEnd();
      return tensor;
    } catch (JsonTensorScanner.NotScannedException e) {
      return null;
    }
  }

  private boolean isUsual(byte[] json) {
    StepInput input = inputs.get(0);
    return inputs.size() == 1
        && !input.isPrecise()
        && input.isFixed()
        && json.length <= USUAL_BYTES * (input.width() + 2L);
  }

  private void field(JsonParser json, String field) {
    boolean isNested = json.currentToken().isStructStart();
    int feature = features.indexOf(field);
    if (tensors.isKnown(field) && (isNested || feature < 0)) {
      hasTensors = true;
      requireOneForm(field);
      if (field.equals(InputReader.ONLY)) {
        tensors.readOnly(json);
      } else {
        tensors.readAll(json);
      }
      return;
    }
    if (feature < 0) {
      throw JsonFields.unknown(field, known());
    }
    if (readings == null) {
      readings = new double[features.size()];
      isThere = new boolean[features.size()];
    }
    requireOneForm(field);
    readings[feature] = reading(json, TensorFormatException.token(field));
    isThere[feature] = true;
  }

  private void requireOneForm(String field) {
    if (hasTensors && readings != null) {
      throw new TensorFormatException(
          TensorFormatException.token(field),
          "comes beside others: send either %s or the readings by their names"
              .formatted(tensors.field()));
    }
  }

  private double reading(JsonParser json, String pointer) {
    if (json.currentToken().isStructStart()) {
      boolean isArray = json.currentToken() == JsonToken.START_ARRAY;
      throw new TensorFormatException(
          pointer, "expected a number, got " + (isArray ? "an array" : "an object"));
    }
    Tensor tensor = tensor(json, pointer);
    if (tensor instanceof Tensor.Ints ints) {
      return ints.values()[0];
    }
    return tensor instanceof Tensor.Doubles doubles
        ? doubles.values()[0]
        : ((Tensor.Floats) tensor).values()[0];
  }

  private String pointer(int feature) {
    return TensorFormatException.token(features.get(feature));
  }

  private double[] complete(double[] named) throws BadRecordException {
    for (int i = 0; i < named.length; i++) {
      if (!isThere[i]) {
        throw missing(i);
      }
    }
    return named;
  }

  private BadRecordException missing(int feature) {
    return BadRecordException.at(BadRecordException.WIDTH, pointer(feature), "is missing");
  }

  private String known() {
    String more = features.size() > LISTED ? ", …" : "";
    return Stream.concat(Stream.of(tensors.field()), features.stream().limit(LISTED))
            .collect(Collectors.joining(", "))
        + more;
  }
}

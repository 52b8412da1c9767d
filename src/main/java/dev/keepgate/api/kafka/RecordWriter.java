package dev.keepgate.api.kafka;

import dev.keepgate.api.json.ForecastWriter;
import dev.keepgate.api.json.OutputWriter;
import dev.keepgate.api.json.SequenceStepWriter;
import dev.keepgate.inference.ForecastResult;
import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.Operation;
import dev.keepgate.model.ModelId;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.JsonBuffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes a record's value of what a model answers. */
final class RecordWriter {

  private final ValueFormat format;

  /**
   * @param format how values are written
   */
  RecordWriter(ValueFormat format) {
    this.format = format;
  }

  /**
   * Why a model's answers cannot be written so; null where they can.
   *
   * @param operation a step, a detection of a sequence's step, or a forecast
   */
  static @Nullable String refusal(ValueFormat format, Operation operation, Signature signature) {
    if (format == ValueFormat.JSON || operation == Operation.DETECT) {
      return null;
    }
    if (signature.outputs().size() > 1) {
      List<String> names = signature.outputs().stream().map(Signature.Output::name).toList();
      return "the model answers %s, and output-format %s has one output; json has them by names"
          .formatted(String.join(" and ", names), format.id());
    }
    if (signature.settings().classes() != null) {
      return "the model answers classes, and output-format %s has numbers alone; json has both"
          .formatted(format.id());
    }
    return null;
  }

  /**
   * Writes a step, or a step that was held against what was said of it.
   *
   * @param result of one row that has no dimension, at the sequence's step; its errors are there
   *     for a detection
   */
  byte[] step(InferenceResult result) {
    if (format == ValueFormat.JSON) {
      return json(result);
    }
    double[] errors = result.errors();
    if (errors != null) {
      return errors(errors);
    }
    if (format == ValueFormat.FLOAT32) {
      return bytes(result.outputs().get(0).rounded());
    }
    OutputWriter output = OutputWriter.of(result);
    JsonBuffer json = new JsonBuffer(JsonBuffer.estimate(output.numbers()));
    output.writeOnly(json);
    return format == ValueFormat.CSV ? withoutBrackets(json.toBytes()) : json.toBytes();
  }

  private static byte[] json(InferenceResult result) {
    JsonBuffer json = new JsonBuffer(JsonBuffer.estimate(OutputWriter.of(result).numbers()));
    ModelId id = result.id();
    json.raw("{\"model\":\"").raw(id.name());
    json.raw("\",\"version\":\"").raw(Long.toString(id.version())).raw("\",");
    new SequenceStepWriter(result).write(json);
    return json.raw("}").toBytes();
  }

  /** Errors, where NaN is that nothing was said of the step. */
  private byte[] errors(double[] errors) {
    if (format == ValueFormat.FLOAT32) {
      return floats(errors);
    }
    boolean isArray = format == ValueFormat.ARRAY;
    return Arrays.stream(errors)
        .mapToObj(error -> isArray && Double.isNaN(error) ? "null" : Double.toString(error))
        .collect(Collectors.joining(",", isArray ? "[" : "", isArray ? "]" : ""))
        .getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Writes a forecast, without a state.
   *
   * @param result of one history that has no dimension of rows
   */
  byte[] forecast(ForecastResult result) {
    if (format == ValueFormat.FLOAT32) {
      return floats(result.values());
    }
    JsonBuffer json = new JsonBuffer(JsonBuffer.estimate(result.numbers()));
    ForecastWriter writer = new ForecastWriter(withoutState(result));
    ForecastResult.Shape shape = result.shape();
    if (format == ValueFormat.JSON) {
      writer.write(json);
      return json.toBytes();
    }
    if (format == ValueFormat.ARRAY) {
      writer.tensor(json, result.values(), shape.horizon(), shape.targets());
      return json.toBytes();
    }
    for (int step = 0; step < shape.horizon(); step++) {
      int at = shape.at(0, step);
      double[] numbers = Arrays.copyOfRange(result.values(), at, at + shape.targets());
      writer.tensor(json.raw(step > 0 ? "\n" : ""), numbers, shape.targets());
    }
    return withoutBrackets(json.toBytes());
  }

  private static ForecastResult withoutState(ForecastResult result) {
    return new ForecastResult(
        result.id(), result.shape(), result.values(), result.quantiles(), result.drawn(), null);
  }

  /** Numbers of arrays, which are those of CSV. */
  private static byte[] withoutBrackets(byte[] json) {
    byte[] line = new byte[json.length];
    int size = 0;
    for (byte character : json) {
      if (character != '[' && character != ']') {
        line[size++] = character;
      }
    }
    return Arrays.copyOf(line, size);
  }

  private static byte[] floats(double[] numbers) {
    float[] floats = new float[numbers.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) numbers[i];
    }
    return bytes(floats);
  }

  private static byte[] bytes(float[] floats) {
    ByteBuffer bytes =
        ByteBuffer.allocate(floats.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(floats);
    return bytes.array();
  }
}

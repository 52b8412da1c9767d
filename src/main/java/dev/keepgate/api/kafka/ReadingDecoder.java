package dev.keepgate.api.kafka;

import dev.keepgate.model.Signature;
import dev.keepgate.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads the input of one step from a record's value. */
final class ReadingDecoder {

  /** A float above it may stand for another integer than was meant. */
  private static final float LARGEST_WHOLE_FLOAT = 1 << 24;

  private final ValueFormat format;
  private volatile @Nullable Known known;

  /** What a model takes, which all records of a version share. */
  private record Known(Signature signature, @Nullable String refusal, List<StepInput> inputs) {

    @SuppressWarnings("ReferenceEquality") // Two that are equal cost a second look, no error.
    boolean is(Signature other) {
      return signature == other;
    }
  }

  /**
   * @param format how values are written
   */
  ReadingDecoder(ValueFormat format) {
    this.format = format;
  }

  /** Why a model's inputs cannot come so; null where they can. */
  static @Nullable String refusal(ValueFormat format, Signature signature) {
    if (format == ValueFormat.JSON) {
      return null;
    }
    if (signature.inputs().size() > 1) {
      return "the model takes %s, and value-format %s has one input; json has them by their names"
          .formatted(names(signature), format.id());
    }
    boolean isFlat = format == ValueFormat.CSV || format == ValueFormat.FLOAT32;
    if (isFlat && !StepInput.all(signature).get(0).isFixed()) {
      return "the model takes any number of numbers a step, and value-format %s has no shape; json"
              .formatted(format.id())
          + " and array have one";
    }
    return null;
  }

  private static String names(Signature signature) {
    return signature.inputs().stream()
        .map(Signature.Input::name)
        .collect(Collectors.joining(" and "));
  }

  /**
   * Reads a value.
   *
   * @param value all of it
   * @return the request's inputs in the model's order, each of one step and without a dimension of
   *     rows
   * @throws BadRecordException if it is none that the model takes; its detail names the place
   */
  List<Tensor> decode(byte[] value, Signature signature) throws BadRecordException {
    Known model = known(signature);
    if (model.refusal() != null) {
      throw new BadRecordException(BadRecordException.VALUE, model.refusal());
    }
    if (value.length == 0) {
      throw new BadRecordException(BadRecordException.VALUE, "is empty");
    }
    List<StepInput> inputs = model.inputs();
    return switch (format) {
      case JSON -> new JsonReading(signature, inputs).object(value);
      case ARRAY -> List.of(new JsonReading(signature, inputs).array(value));
      case CSV -> List.of(csv(value, inputs.get(0)));
      case FLOAT32 -> List.of(floats(value, inputs.get(0)));
    };
  }

  private Known known(Signature signature) {
    Known last = known;
    if (last == null || !last.is(signature)) {
      last = new Known(signature, refusal(format, signature), StepInput.all(signature));
      known = last;
    }
    return last;
  }

  private static Tensor floats(byte[] value, StepInput input) throws BadRecordException {
    int width = input.width();
    if (value.length != (long) width * Float.BYTES) {
      throw new BadRecordException(
          BadRecordException.WIDTH,
          "expected %d bytes, %s of 4 bytes each, got %d"
              .formatted((long) width * Float.BYTES, StepInput.counted(width), value.length));
    }
    ByteBuffer bytes = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
    double[] numbers = new double[width];
    for (int i = 0; i < width; i++) {
      float number = bytes.getFloat();
      if (!Float.isFinite(number)) {
        throw BadRecordException.at(
            BadRecordException.NOT_FINITE, "/" + i, "expected a finite number, got " + number);
      }
      if (input.takesIds() && Math.abs(number) > LARGEST_WHOLE_FLOAT) {
        throw BadRecordException.at(
            BadRecordException.VALUE, "/" + i, "is an integer that a float does not tell exactly");
      }
      numbers[i] = number;
    }
    return input.tensor(numbers, index -> "/" + index);
  }

  private static Tensor csv(byte[] value, StepInput input) throws BadRecordException {
    CsvReading line = new CsvReading(new String(value, StandardCharsets.UTF_8), input);
    return input.tensor(line.numbers(), index -> "/" + index);
  }
}

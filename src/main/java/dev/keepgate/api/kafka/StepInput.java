package dev.keepgate.api.kafka;

import dev.keepgate.model.Scaler;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Signature.Dimension;
import dev.keepgate.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a record brings of one of a model's inputs: the numbers of one step.
 *
 * @param input as a record brings it: readings, where the model has a scaler
 * @param scaler that makes the model's numbers of them; null where they are
 * @param sizes the dimensions without those of rows and steps; 0 where one is each request's own
 */
record StepInput(Signature.Input input, @Nullable Scaler scaler, int[] sizes) {

  /** All inputs of a model. */
  static List<StepInput> all(Signature signature) {
    return IntStream.range(0, signature.inputs().size())
        .mapToObj(index -> of(signature, index))
        .toList();
  }

  private static StepInput of(Signature signature, int index) {
    Signature.Input input = signature.reading(index);
    int[] sizes =
        input.shape().stream()
            .skip(1)
            .filter(dim -> !dim.equals(Dimension.TIME))
            .mapToInt(Dimension::size)
            .toArray();
    Scaler scaler = index == signature.sequenceInput() ? signature.settings().scaler() : null;
    return new StepInput(input, scaler, sizes);
  }

  /** Whether it takes integers. */
  boolean takesIds() {
    return input.vocabulary().isPresent();
  }

  /** Whether its numbers are read in double precision. */
  boolean isPrecise() {
    return scaler != null || takesIds();
  }

  /** Whether the model says how many numbers it takes. */
  boolean isFixed() {
    return Arrays.stream(sizes).allMatch(size -> size > 0);
  }

  /** How many numbers it takes; 0 where that is not fixed. */
  int width() {
    return Math.toIntExact(Tensor.count(sizes));
  }

  /**
   * The tensor of so many numbers as it takes.
   *
   * @param numbers nearest floats, unless it is {@linkplain #isPrecise() precise}
   * @param place of each number, for errors
   * @throws BadRecordException if one of them is none that it takes
   */
  Tensor tensor(double[] numbers, IntFunction<String> place) throws BadRecordException {
    if (takesIds()) {
      return new Tensor.Ints(sizes, checked(ids(numbers, place), place));
    }
    if (scaler != null) {
      return new Tensor.Doubles(sizes, checked(numbers, place));
    }
    float[] floats = new float[numbers.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) numbers[i];
    }
    return new Tensor.Floats(sizes, checked(floats, place));
  }

  private int[] ids(double[] numbers, IntFunction<String> place) throws BadRecordException {
    int[] ids = new int[numbers.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (int) numbers[i];
      if (ids[i] != numbers[i]) {
        throw notAnId(place.apply(i), Double.toString(numbers[i]));
      }
    }
    return ids;
  }

  private BadRecordException notAnId(String pointer, String got) {
    return BadRecordException.at(
        BadRecordException.VALUE,
        pointer,
        "expected an integer from 0 to %d, got %s"
            .formatted(input.vocabulary().orElseThrow() - 1, got));
  }

  /**
   * The tensor without the dimension of its one row.
   *
   * @param given as it was read
   * @param pointer where it stands
   * @throws BadRecordException if it is not one step of one row, or holds what the model cannot
   *     take
   */
  Tensor require(Tensor given, String pointer) throws BadRecordException {
    int[] shape = given.shape();
    int rows = shape.length - sizes.length;
    boolean fits = rows >= 0 && rows <= (takesIds() ? 2 : 1);
    for (int axis = 0; fits && axis < rows; axis++) {
      fits = shape[axis] == 1;
    }
    for (int axis = 0; fits && axis < sizes.length; axis++) {
      int size = shape[axis + rows];
      fits = size > 0 && (sizes[axis] == 0 || size == sizes[axis]);
    }
    if (!fits) {
      throw BadRecordException.at(BadRecordException.WIDTH, pointer, shapeError(shape));
    }
    int[] own = Arrays.copyOfRange(shape, rows, shape.length);
    IntFunction<String> place = index -> pointer + pointer(index, shape);
    if (given instanceof Tensor.Ints ints) {
      return new Tensor.Ints(own, checked(ints.values(), place));
    }
    if (given instanceof Tensor.Doubles doubles) {
      return new Tensor.Doubles(own, checked(doubles.values(), place));
    }
    return new Tensor.Floats(own, checked(((Tensor.Floats) given).values(), place));
  }

  /** Where a number stands in nested arrays. */
  private static String pointer(int index, int[] shape) {
    String pointer = "";
    int rest = index;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      pointer = "/" + rest % shape[axis] + pointer;
      rest /= shape[axis];
    }
    return pointer;
  }

  private String shapeError(int[] shape) {
    if (sizes.length <= 1 && shape.length == 1) {
      return "expected %s, got %d".formatted(counted(width()), shape[0]);
    }
    return "expected one step of shape %s, got %s"
        .formatted(Arrays.toString(sizes), Arrays.toString(shape));
  }

  /** How many numbers, in words. */
  static String counted(int numbers) {
    return numbers == 1 ? "1 number" : numbers + " numbers";
  }

  private int[] checked(int[] ids, IntFunction<String> place) throws BadRecordException {
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= input.vocabulary().orElseThrow()) {
        throw notAnId(place.apply(i), Integer.toString(ids[i]));
      }
    }
    return ids;
  }

  private static float[] checked(float[] numbers, IntFunction<String> place)
      throws BadRecordException {
    for (int i = 0; i < numbers.length; i++) {
      if (!Float.isFinite(numbers[i])) {
        throw notFinite(place.apply(i), "is beyond the range of a 32-bit float");
      }
    }
    return numbers;
  }

  private double[] checked(double[] readings, IntFunction<String> place) throws BadRecordException {
    Scaler known = Objects.requireNonNull(scaler);
    List<Scaler.Column> columns = known.columns();
    for (int row = 0; row < readings.length; row += known.inputs()) {
      for (int column = 0; column < columns.size(); column++) {
        int at = row + columns.get(column).source();
        if (!Float.isFinite((float) known.scale(column, readings[at]))) {
          throw notFinite(
              place.apply(at), "is beyond what the model's scaler maps to a 32-bit float");
        }
      }
    }
    return readings;
  }

  private static BadRecordException notFinite(String pointer, String detail) {
    return BadRecordException.at(BadRecordException.NOT_FINITE, pointer, detail);
  }
}

package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.model.TensorOperation;
import dev.keepgate.model.Window;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The operators that go over the steps with a window, [batch, channels, steps]. */
final class WindowOperators {

  static final Map<String, Operator> ALL =
      Map.of(
          "Conv",
          WindowOperators::convolution,
          "MaxPool",
          call -> pooling(call, true),
          "AveragePool",
          call -> pooling(call, false),
          "Pad",
          Padding::pad);

  private WindowOperators() {}

  /** Which of the dimensions are the steps; all others but batch and channels must be of size 1. */
  private static int steps(OperatorCall call, Data data) throws ImportException {
    requireBatch(call, data);
    int steps = -1;
    for (int i = 2; i < data.rank(); i++) {
      List<Axis> own = data.dims().get(i);
      boolean isOne = own.stream().allMatch(axis -> axis.isFixed() && axis.size().size() == 1);
      if (!isOne && steps >= 0) {
        throw call.refuse(
            "its input has more than one dimension of steps; nearest is one along one of them");
      }
      steps = isOne ? steps : i;
    }
    if (data.rank() < 3) {
      throw call.refuse("its input has no steps");
    }
    return steps < 0 ? data.rank() - 1 : steps;
  }

  private static void requireBatch(OperatorCall call, Data data) throws ImportException {
    List<Axis> first = data.dims().get(0);
    if (first.isEmpty() || (first.size() == 1 && first.get(0).isBatch())) {
      return;
    }
    Axis axis = first.get(0);
    if (first.size() == 1 && !axis.input().isEmpty()) {
      InputLayout layout = call.nodes().inputs().layout(axis.input());
      throw new InputLayout.Learned(axis.input(), layout.withBatch(axis.index()));
    }
    throw call.refuse("its first dimension is not the batch");
  }

  /** The window along one of the dimensions; along all others it must do nothing. */
  private static Window window(OperatorCall call, Data data, int steps, int[] kernel)
      throws ImportException {
    int spatial = data.rank() - 2;
    int at = steps - 2;
    long[] strides = numbers(call, "strides", spatial, 1);
    long[] dilations = numbers(call, "dilations", spatial, 1);
    long[] pads = numbers(call, "pads", 2 * spatial, 0);
    for (int i = 0; i < spatial; i++) {
      if (i != at && (kernel[i] != 1 || pads[i] != 0 || pads[spatial + i] != 0)) {
        throw call.refuse("it goes over a dimension of size 1 with a window of more");
      }
    }
    int before = whole(call, pads[at]);
    int after = whole(call, pads[spatial + at]);
    int stride = whole(call, strides[at]);
    int dilation = whole(call, dilations[at]);
    String auto = call.node().string("auto_pad", "NOTSET");
    return switch (auto) {
      case "NOTSET" ->
          new Window(kernel[at], stride, dilation, Window.Padding.EXPLICIT, before, after);
      case "VALID" -> Window.valid(kernel[at], stride, dilation);
      case "SAME_UPPER" -> new Window(kernel[at], stride, dilation, Window.Padding.SAME, 0, 0);
      default -> throw call.refuse("auto_pad '%s' is not supported".formatted(auto));
    };
  }

  private static int whole(OperatorCall call, long number) throws ImportException {
    if (number < 0 || number > Integer.MAX_VALUE) {
      throw call.refuse("its window has the impossible number " + number);
    }
    return (int) number;
  }

  private static long[] numbers(OperatorCall call, String attribute, int count, long otherwise)
      throws ImportException {
    long[] numbers = new long[count];
    List<Long> given = call.node().integers(attribute);
    if (given != null && given.size() != count) {
      throw call.refuse("its %s are not %d".formatted(attribute, count));
    }
    for (int i = 0; i < count; i++) {
      numbers[i] = given == null ? otherwise : given.get(i);
    }
    return numbers;
  }

  private static List<Value> convolution(OperatorCall call) throws IOException, ImportException {
    Data data = call.data(0);
    Constant stored = call.numbers(1);
    if (stored.rank() != data.rank() || stored.values().length == 0) {
      throw call.refuse("its kernel does not fit its input");
    }
    int steps = steps(call, data);
    int[] kernel = new int[data.rank() - 2];
    System.arraycopy(stored.shape(), 2, kernel, 0, kernel.length);
    Window window = window(call, data, steps, kernel);
    int groups = whole(call, call.node().integer("group", 1));
    int out = stored.shape()[0];
    int own = stored.shape()[1];
    List<Axis> channels = data.dims().get(1);
    ProductOperators.requireWidth(call, data, channels, Math.multiplyExact(own, groups));
    float[] bias = call.has(2) ? call.numbers(2, out) : new float[out];
    Data placed =
        call.nodes().arranged(Alignment.withoutUnits(data), stepsAndChannels(data, steps));
    Padding.Padded padded = Padding.Padded.of(call, placed.node(), window);
    TensorOperation convolution =
        new TensorOperation.Conv1d(
            padded.window(),
            own * groups,
            out,
            groups,
            kernel(stored.values(), window.size(), own, out),
            bias);
    String node = call.nodes().add(call, convolution, padded.node());
    List<List<Axis>> made = new ArrayList<>();
    call.nodes().shape(node).dims().forEach(dim -> made.add(List.of(call.nodes().axis(dim))));
    List<List<Axis>> dims = new ArrayList<>(data.dims());
    dims.set(1, made.get(1));
    dims.set(steps, made.get(0));
    return List.of(new Data(node, made, dims));
  }

  private static List<List<Axis>> stepsAndChannels(Data data, int steps) {
    Data less = Alignment.withoutUnits(data);
    return List.of(less.dims().get(steps), less.dims().get(1));
  }

  /** From [out, in, window] to [window, in, out]. */
  private static float[] kernel(float[] stored, int window, int in, int out) {
    float[] kernel = new float[stored.length];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        for (int k = 0; k < window; k++) {
          kernel[(k * in + i) * out + o] = stored[(o * in + i) * window + k];
        }
      }
    }
    return kernel;
  }

  private static List<Value> pooling(OperatorCall call, boolean isMaximum) throws ImportException {
    Data data = call.data(0);
    int steps = steps(call, data);
    long[] sizes = numbers(call, "kernel_shape", data.rank() - 2, 1);
    int[] kernel = new int[sizes.length];
    for (int i = 0; i < kernel.length; i++) {
      kernel[i] = whole(call, sizes[i]);
    }
    Window window = window(call, data, steps, kernel);
    List<Axis> axes = data.dims().get(steps);
    Data first = call.nodes().beginningWith(data, axes);
    boolean counts = call.node().integer("count_include_pad", 0) != 0;
    boolean isPadded = window.before() > 0 || window.after() > 0;
    if (counts && !isMaximum && window.padding() == Window.Padding.SAME) {
      throw call.refuse("it counts the padding of auto_pad");
    }
    if (call.node().integer("ceil_mode", 0) != 0) {
      window = raised(call, window, axes, counts && isPadded && !isMaximum);
    }
    if (counts && isPadded && !isMaximum) {
      first = Padding.padded(call, first, steps, window.before(), window.after());
      window = Window.valid(window.size(), window.stride(), window.dilation());
    }
    String node =
        call.nodes().add(call, new TensorOperation.Pool1d(window, isMaximum), first.node());
    Data pooled =
        first.dims().get(steps).isEmpty()
            ? first.at(node)
            : call.nodes().after(first, node, first.dims().get(steps).get(0), 0);
    return List.of(pooled);
  }

  /** A last window that ends behind the steps counts too: as padding. */
  private static Window raised(
      OperatorCall call, Window window, List<Axis> axes, boolean countsPadding)
      throws ImportException {
    if (window.stride() == 1) {
      return window;
    }
    if (axes.size() != 1 || !axes.get(0).isFixed() || countsPadding) {
      throw call.refuse("ceil_mode needs a fixed number of steps, and padding that is not counted");
    }
    int padded = axes.get(0).size().size() + window.before() + window.after();
    int over = (padded - window.reach()) % window.stride();
    int missing = over == 0 ? 0 : window.stride() - over;
    int begin = padded - window.reach() + missing;
    if (missing == 0 || begin >= axes.get(0).size().size() + window.before()) {
      return window;
    }
    return new Window(
        window.size(),
        window.stride(),
        window.dilation(),
        window.padding(),
        window.before(),
        window.after() + missing);
  }
}

package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.model.Network.Node;
import dev.keepgate.model.Operation;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.TensorOperation;
import dev.keepgate.model.Window;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The operator Pad, and what it becomes where a convolution reads what is padded. */
final class Padding {

  private Padding() {}

  static List<Value> pad(OperatorCall call) throws IOException, ImportException {
    if (!call.isData(0)) {
      throw call.refuse("it pads a constant");
    }
    Data data = call.data(0);
    if (!call.node().string("mode", "constant").equals("constant")) {
      throw call.refuse("only zeros are put around; nearest is mode 'constant'");
    }
    boolean isZero =
        call.has(2) ? Repeating.isZero(call.numbers(2)) : call.node().number("value", 0) == 0;
    List<SymbolicSize> pads = call.sizes("pads", 1);
    List<Integer> axes = call.axes(3, data.rank());
    int count = axes == null ? data.rank() : axes.size();
    if (pads == null || pads.size() != 2 * count) {
      throw call.refuse("its pads do not fit its input");
    }
    for (int i = 0; i < count; i++) {
      if (!pads.get(i).isConstant() || !pads.get(count + i).isConstant()) {
        throw call.refuse("its pads depend on the size of the model's input");
      }
      long before = pads.get(i).offset();
      long after = pads.get(count + i).offset();
      int dimension = axes == null ? i : axes.get(i);
      data = cropped(call, data, dimension, Math.min(before, 0), Math.min(after, 0));
      if (before > 0 || after > 0) {
        if (!isZero) {
          throw call.refuse("it puts other numbers than zeros around");
        }
        data = padded(call, data, dimension, (int) Math.max(before, 0), (int) Math.max(after, 0));
      }
    }
    return List.of(data);
  }

  private static Data cropped(OperatorCall call, Data data, int dimension, long before, long after)
      throws ImportException {
    if (before == 0 && after == 0) {
      return data;
    }
    Long to = after == 0 ? null : Long.valueOf(after);
    return Slicing.part(call, data, dimension, new Slicing.Range(-before, to, 1), false);
  }

  static Data padded(OperatorCall call, Data data, int dimension, int before, int after)
      throws ImportException {
    List<Axis> axes = data.dims().get(dimension);
    if (axes.size() != 1 || axes.get(0).isBatch()) {
      throw call.refuseBatch(data, "it pads the batch, or several dimensions at once");
    }
    Data first = call.nodes().beginningWith(data, axes);
    String node = call.nodes().add(call, new ShapeOperation.Pad(before, after), first.node());
    return call.nodes().after(first, node, axes.get(0), 0);
  }

  /** Steps of zeros around a convolution's own input are its window's. */
  record Padded(String node, Window window) {

    static Padded of(OperatorCall call, String below, Window window) {
      Node node = call.nodes().find(below);
      if (node == null
          || !(node.operation() instanceof ShapeOperation.Pad pad)
          || window.padding() != Window.Padding.EXPLICIT) {
        return new Padded(below, window);
      }
      return new Padded(
          node.inputs().get(0),
          new Window(
              window.size(),
              window.stride(),
              window.dilation(),
              Window.Padding.EXPLICIT,
              window.before() + pad.before(),
              window.after() + pad.after()));
    }
  }

  /** A convolution padded on both sides whose last steps are cut off; null where it is none. */
  static @Nullable Operation chomped(@Nullable Node node, ShapeOperation.Slice slice) {
    Integer to = slice.to();
    if (node == null
        || !(node.operation() instanceof TensorOperation.Conv1d conv)
        || slice.axis() != 0
        || slice.removesAxis()
        || slice.from() != 0
        || to == null
        || to >= 0
        || conv.window().padding() != Window.Padding.EXPLICIT
        || conv.window().stride() != 1
        || conv.window().after() + to < 0) {
      return null;
    }
    Window own = conv.window();
    Window less =
        new Window(own.size(), 1, own.dilation(), own.padding(), own.before(), own.after() + to);
    return new TensorOperation.Conv1d(
        less, conv.inputSize(), conv.outputSize(), conv.groups(), conv.kernel(), conv.bias());
  }
}

package dev.keepgate.kernel.layer;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network.Node;
import dev.keepgate.model.TensorOperation.Conv1d;
import dev.keepgate.model.Window;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A convolution: each window's numbers side by side, and a product of matrices a group. A causal
 * one begins with the steps before the request's first, which are its state, and keeps its last
 * steps.
 */
final class ConvolutionNode<S extends Scratch> implements GraphNode<S> {

  private final Node node;
  private final Conv1d convolution;
  private final boolean keepsState;
  private final List<LayerNode<S>> groups = new ArrayList<>();

  ConvolutionNode(Node node, Conv1d convolution, boolean keepsState, LayerCompiler<S> compiler) {
    this.node = node;
    this.convolution = convolution;
    this.keepsState = keepsState;
    for (int group = 0; group < convolution.groups(); group++) {
      Layer.Dense dense = dense(group);
      Node own = new Node(name(group), dense, List.of(input(group)));
      groups.add(new LayerNode<>(own, dense, dense.accept(compiler)));
    }
  }

  private String name(int group) {
    return node.name() + ":" + group;
  }

  private String input(int group) {
    return name(group) + ":windows";
  }

  private Layer.Dense dense(int group) {
    int taps = convolution.window().size() * convolution.inputSize() / convolution.groups();
    int outputs = convolution.outputSize() / convolution.groups();
    float[] kernel = new float[taps * outputs];
    float[] bias = new float[outputs];
    for (int tap = 0; tap < taps; tap++) {
      System.arraycopy(
          convolution.kernel(),
          tap * convolution.outputSize() + group * outputs,
          kernel,
          tap * outputs,
          outputs);
    }
    System.arraycopy(convolution.bias(), group * outputs, bias, 0, outputs);
    return new Layer.Dense(taps, outputs, Activation.LINEAR, kernel, bias);
  }

  @Override
  public void apply(GraphCall call, S scratch) {
    Value x = call.get(node.inputs().get(0));
    float @Nullable [] before = null;
    if (keepsState) {
      int slot = call.state.layout().first(call.nextOwner++);
      before = call.input.state().values()[slot];
      keep(x, before, call.state.values()[slot]);
    }
    List<Value> parts = new ArrayList<>();
    for (int group = 0; group < groups.size(); group++) {
      call.put(input(group), windows(x, before, group));
      groups.get(group).apply(call, scratch);
      parts.add(call.get(name(group)));
    }
    call.put(node.name(), parts.size() == 1 ? parts.get(0) : beside(parts));
  }

  /** The last steps of those before and of these, which the next request's first still see. */
  private void keep(Value x, float[] before, float[] after) {
    int width = x.width();
    int kept = convolution.window().reach() - 1;
    int steps = x.dims()[1];
    for (int row = 0; row < x.batch(); row++) {
      for (int i = 0; i < kept; i++) {
        int step = steps - kept + i;
        boolean isOlder = step < 0;
        System.arraycopy(
            isOlder ? before : x.data(),
            isOlder ? (row * kept + kept + step) * width : (row * steps + step) * width,
            after,
            (row * kept + i) * width,
            width);
      }
    }
  }

  /** [batch, output steps, window * inputs of the group]. */
  private Value windows(Value x, float @Nullable [] before, int group) {
    Window window = convolution.window();
    int steps = x.dims()[1];
    int outputs = window.outputSteps(steps);
    int width = convolution.inputSize() / convolution.groups();
    int kept = window.reach() - 1;
    Value y = Value.zero(x.batch(), outputs, window.size() * width);
    for (int row = 0; row < x.batch(); row++) {
      for (int t = 0; t < outputs; t++) {
        for (int k = 0; k < window.size(); k++) {
          int step = t * window.stride() + k * window.dilation() - window.paddingBefore(steps);
          boolean isOlder = step < 0 && before != null;
          if (isOlder || (step >= 0 && step < steps)) {
            int at = isOlder ? row * kept + kept + step : row * steps + step;
            System.arraycopy(
                isOlder ? before : x.data(),
                at * x.width() + group * width,
                y.data(),
                ((row * outputs + t) * window.size() + k) * width,
                width);
          }
        }
      }
    }
    return y;
  }

  private static Value beside(List<Value> parts) {
    int width = parts.stream().mapToInt(Value::width).sum();
    Value first = parts.get(0);
    Value y = Value.zero(first.dimsWith(first.rank() - 1, width));
    int before = 0;
    for (Value part : parts) {
      for (int i = 0; i < part.data().length / part.width(); i++) {
        System.arraycopy(part.data(), i * part.width(), y.data(), i * width + before, part.width());
      }
      before += part.width();
    }
    return y;
  }

  @Override
  public long bytes() {
    return groups.stream().mapToLong(LayerNode::bytes).sum();
  }

  @Override
  public void close() {
    groups.forEach(LayerNode::close);
  }
}

package dev.keepgate.model;

import dev.keepgate.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a batch of sequences became.
 *
 * @param output [batch, time, outputSize], row-major, or [batch, outputSize] where only a summary
 *     was asked for; zero past a sequence's end
 * @param state after each sequence's last step that is not padding
 * @param trace a cell each in the order of the states; null where it was not asked for
 * @param all of a graph: each output of the signature, [batch, ...], the first of which is {@code
 *     output}; empty of a chain
 */
public record NetworkOutput(
    float[] output,
    RecurrentState state,
    @Nullable List<CellTrace> trace,
    List<Tensor.Floats> all) {

  /**
   * Of outputs one after the other.
   *
   * @param joined the numbers of all
   * @param shapes of each
   */
  public static NetworkOutput of(float[] joined, RecurrentState state, List<int[]> shapes) {
    if (shapes.size() == 1) {
      return new NetworkOutput(joined, state, null);
    }
    List<Tensor.Floats> all = new ArrayList<>();
    int from = 0;
    for (int[] shape : shapes) {
      int to = Math.toIntExact(from + Tensor.count(shape));
      all.add(new Tensor.Floats(shape, Arrays.copyOfRange(joined, from, to)));
      from = to;
    }
    return new NetworkOutput(all.get(0).values(), state, null, all);
  }

  /** The numbers of all outputs, one after the other. */
  public float[] joined() {
    if (all.size() < 2) {
      return output;
    }
    float[][] parts = all.stream().map(Tensor.Floats::values).toArray(float[][]::new);
    int count = all.stream().mapToInt(part -> part.values().length).sum();
    return Tensor.Floats.stacked(parts, count).values();
  }

  /** Of a chain. */
  public NetworkOutput(float[] output, RecurrentState state, @Nullable List<CellTrace> trace) {
    this(output, state, trace, List.of());
  }
}

package dev.keepgate.model;

import dev.keepgate.tensor.Tensor;
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

  /** Of a chain. */
  public NetworkOutput(float[] output, RecurrentState state, @Nullable List<CellTrace> trace) {
    this(output, state, trace, List.of());
  }
}

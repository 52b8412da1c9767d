package dev.keepgate.model;

import dev.keepgate.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A batch of sequences to go through a model. Whoever makes one has checked it: finite numbers,
 * integers inside the vocabulary, lengths of 0 to {@code time}.
 *
 * @param batch how many sequences
 * @param time how many steps each, padding included; 1 for a step
 * @param x [batch, time, inputSize], row-major; empty where {@code ids} is given
 * @param ids [batch, time] integers for an embedding; null where {@code x} is given
 * @param lengths [batch] steps of each sequence that are not padding; null where all are
 * @param state before the first step; it is not written
 * @param others what the inputs after the first get, [batch, ...] each, in the order of the
 *     signature
 */
public record NetworkInput(
    int batch,
    int time,
    float[] x,
    int @Nullable [] ids,
    int @Nullable [] lengths,
    RecurrentState state,
    List<Tensor> others) {

  /** Of a network of one input. */
  public NetworkInput(
      int batch,
      int time,
      float[] x,
      int @Nullable [] ids,
      int @Nullable [] lengths,
      RecurrentState state) {
    this(batch, time, x, ids, lengths, state, List.of());
  }
}

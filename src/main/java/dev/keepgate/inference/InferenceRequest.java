package dev.keepgate.inference;

import dev.keepgate.model.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of a step or an unroll as a client sent them, not yet held against a model.
 *
 * @param x [input], [batch, input], [time, input] or [batch, time, input], as the operation has it;
 *     integers without the last dimension where the model starts with an embedding
 * @param h the state's h: one tensor of [batch, size] (a model of one cell) or [cells, batch,
 *     size], or a tensor [batch, size] a cell; null for zeros
 * @param c likewise
 * @param lengths [batch]; null where no row is padded
 * @param returnSequences whether to answer every step; null for the model's own way
 * @param trace whether to answer the gates as well
 * @param fields what the client calls the tensors, for errors
 */
public record InferenceRequest(
    Tensor x,
    @Nullable List<Tensor> h,
    @Nullable List<Tensor> c,
    @Nullable Tensor lengths,
    @Nullable Boolean returnSequences,
    boolean trace,
    Fields fields) {

  /** The same request, to be answered with every step. */
  InferenceRequest withReturnSequences() {
    return new InferenceRequest(x, h, c, lengths, true, trace, fields);
  }

  /** What a protocol calls the tensors. */
  public record Fields(String x, String h, String c, String lengths) {}
}

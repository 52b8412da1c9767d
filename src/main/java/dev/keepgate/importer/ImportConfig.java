package dev.keepgate.importer;

import dev.keepgate.model.Activation;
import dev.keepgate.model.GateOrder;
import dev.keepgate.model.Merge;
import org.jspecify.annotations.Nullable;

/**
 * What a file cannot say of itself, given beside it; null where it was not given.
 *
 * @param forgetBias added to the forget gate at run time (TensorFlow: 1 where not given)
 * @param cellClip bound of the cell
 * @param projectionClip bound of the projected h
 * @param activation of the candidate and of the cell
 * @param recurrentActivation of the gates
 * @param gateOrder of the stored kernels, in place of the framework's
 * @param prefix before the names of the LSTM's tensors
 * @param bidirectionalMerge of two directions
 * @param returnSequences whether an unroll answers every step
 * @param headActivation after the last dense layer
 * @param embedding name of the embedding's tensor
 * @param head name of the dense head's kernel
 */
public record ImportConfig(
    @Nullable Float forgetBias,
    @Nullable Float cellClip,
    @Nullable Float projectionClip,
    @Nullable Activation activation,
    @Nullable Activation recurrentActivation,
    @Nullable GateOrder gateOrder,
    @Nullable String prefix,
    @Nullable Merge bidirectionalMerge,
    @Nullable Boolean returnSequences,
    @Nullable Activation headActivation,
    @Nullable String embedding,
    @Nullable String head) {

  /** Nothing given. */
  public static final ImportConfig NONE =
      new ImportConfig(null, null, null, null, null, null, null, null, null, null, null, null);
}

package dev.keepgate.inference;

import dev.keepgate.model.ModelId;
import dev.keepgate.model.Signature;
import dev.keepgate.registry.Shadow;
import dev.keepgate.sequence.Sequence;
import dev.keepgate.sequence.SequenceId;
import dev.keepgate.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A request that waits for a shadow.
 *
 * @param request as the client sent it, to be answered as the served one was
 * @param served by which version, and with what
 * @param step null where the request is of no sequence
 * @param bytes that it holds
 * @param queuedAt {@link System#nanoTime()} when it came
 */
record ShadowRequest(
    Shadow shadow,
    InferenceRequest request,
    Served served,
    @Nullable Step step,
    long bytes,
    long queuedAt) {

  /** The record itself, and the headers of its arrays, about. */
  private static final int OVERHEAD = 512;

  /**
   * What the client was answered.
   *
   * @param inputs the names of the version's inputs
   */
  record Served(ModelId model, List<String> inputs, List<InferenceResult.Output> outputs) {}

  /**
   * A sequence's step, or several.
   *
   * @param from the revision that it went on from
   * @param to the revision that it came to
   * @param begins whether it went on from zeros, as a new sequence does
   * @param ends whether it was the last
   * @param ttl how long the sequence outlives it
   */
  record Step(SequenceId id, long from, long to, boolean begins, boolean ends, Duration ttl) {

    static Step of(Sequence before, Sequence after, boolean ends) {
      boolean begins =
          before.step() == 0
              && before.last() == null
              && Arrays.stream(before.state().values()).allMatch(Step::isZero);
      return new Step(before.id(), before.revision(), after.revision(), begins, ends, before.ttl());
    }

    private static boolean isZero(float[] values) {
      for (float value : values) {
        if (value != 0) {
          return false;
        }
      }
      return true;
    }
  }

  static ShadowRequest of(
      Shadow shadow, InferenceRequest request, InferenceResult result, @Nullable Step step) {
    InferenceRequest.Options options =
        new InferenceRequest.Options(
            result.sequences(), false, OptionalLong.empty(), request.options().units());
    InferenceRequest again =
        new InferenceRequest(
            request.operation(),
            request.inputs(),
            null,
            request.lengths(),
            options,
            request.fields());
    List<InferenceResult.Output> outputs = result.outputs();
    long numbers = 0;
    for (Tensor input : request.inputs()) {
      // In double precision at most.
      numbers += 2 * Tensor.count(input.shape());
    }
    for (InferenceResult.Output output : outputs) {
      numbers += output.values().length;
    }
    return new ShadowRequest(
        shadow,
        again,
        new Served(result.id(), names(result.signature()), outputs),
        step,
        OVERHEAD + numbers * Float.BYTES,
        System.nanoTime());
  }

  private static List<String> names(Signature signature) {
    return signature.inputs().stream().map(Signature.Input::name).toList();
  }

  /**
   * The request with its inputs in the order of another version's.
   *
   * @return null where that takes other inputs
   */
  @Nullable InferenceRequest to(Signature signature) {
    List<String> names = names(signature);
    if (names.equals(served.inputs()) || (names.size() == 1 && served.inputs().size() == 1)) {
      return request;
    }
    List<Tensor> inputs = new ArrayList<>();
    for (String name : names) {
      int at = served.inputs().indexOf(name);
      if (at < 0 || names.size() != served.inputs().size()) {
        return null;
      }
      inputs.add(request.inputs().get(at));
    }
    return new InferenceRequest(
        request.operation(), inputs, null, request.lengths(), request.options(), request.fields());
  }
}

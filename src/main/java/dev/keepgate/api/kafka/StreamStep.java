package dev.keepgate.api.kafka;

import dev.keepgate.inference.KeptSequence;
import dev.keepgate.inference.KeptSequences;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The computation of one record: its sequence's step, after those of the records that another
 * version has to take again, and before a forecast where one is asked for.
 */
final class StreamStep {

  private final StreamSteps steps;
  private final ModelHandle handle;
  private final Deque<List<Tensor>> inputs;
  private final PendingRecord record;
  private final Keep keep;
  private KeptSequence sequence;
  private KeptSequences.@Nullable Step running;
  private @Nullable CompletableFuture<byte[]> forecast;
  private KeptSequences.@Nullable Taken taken;

  /**
   * What is kept with the state.
   *
   * @param timestamp of the key's newest record, which a late one is not
   * @param recent values of its last records
   */
  record Keep(long timestamp, List<byte[]> recent) {}

  /**
   * @param sequence to go on from
   * @param handle of its version; closed with this
   * @param inputs of the steps to take, the record's own last
   */
  StreamStep(
      StreamSteps steps,
      PendingRecord record,
      KeptSequence sequence,
      ModelHandle handle,
      List<List<Tensor>> inputs,
      Keep keep) {
    this.steps = steps;
    this.record = record;
    this.sequence = sequence;
    this.handle = handle;
    this.inputs = new ArrayDeque<>(inputs);
    this.keep = keep;
  }

  /** Begins the next step. */
  void begin() {
    boolean isOwn = inputs.size() == 1;
    running = steps.begin(sequence, handle, inputs.remove(), isOwn);
  }

  /**
   * Goes on as far as can be without waiting.
   *
   * @return whether {@link #finish} answers at once
   */
  boolean isDone() {
    while (running != null && running.isDone()) {
      next(running);
    }
    return running == null && (forecast == null || forecast.isDone());
  }

  private void next(KeptSequences.Step done) {
    running = null;
    KeptSequences.Taken now = done.finish();
    sequence = now.after();
    if (!inputs.isEmpty()) {
      begin();
      return;
    }
    taken = now;
    forecast = steps.forecast(now.after(), handle);
  }

  /**
   * Waits for the rest.
   *
   * @throws dev.keepgate.inference.InferenceException if there is no result
   */
  StreamOutcome finish() {
    while (running != null) {
      next(running);
    }
    KeptSequences.Taken last = taken;
    if (last == null) {
      throw new IllegalStateException("it was not begun");
    }
    byte[] answer = forecast == null ? steps.answer(last.result()) : forecast.join();
    StreamState state =
        new StreamState(
            record.place().offset(), keep.timestamp(), keep.recent(), steps.kept(last.after()));
    return new StreamOutcome.Stepped(
        state.encode(), answer, last.after().model().toString(), last.after().step());
  }

  /** Ends it, whether or not it is done. */
  void close() {
    if (running != null) {
      running.cancel();
      running = null;
    }
    handle.close();
  }
}

package dev.keepgate.inference;

import dev.keepgate.model.ModelSettings.DetectionKind;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.security.Caller;
import dev.keepgate.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Steps of sequences that somebody else keeps. Each is computed in the shared batch like any
 * request, but is not waited for: one thread can have many under way.
 */
public final class KeptSequences {

  private static final Client CLIENT = new Client(Caller.ANYBODY, CancellationSignal.NONE);

  private static final InferenceRequest.Fields FIELDS =
      new InferenceRequest.Fields(name -> "/" + name, slot -> "/state/" + slot, "/lengths");

  private final Inference inference;
  private final Computation computation;
  private final Sequences sequences;
  private final Forecasts forecasts;
  private final Clock clock;

  public KeptSequences(
      Inference inference,
      Computation computation,
      Sequences sequences,
      InferenceProperties properties,
      Clock clock) {
    this.inference = inference;
    this.sequences = sequences;
    this.computation = computation;
    this.forecasts = new Forecasts(computation, properties);
    this.clock = clock;
  }

  /**
   * A sequence of this server's store, and its model.
   *
   * @param handle closed by whoever has this
   */
  public record Stored(KeptSequence sequence, ModelHandle handle) {}

  /**
   * Looks up a sequence of one row that this server's store has; it stays there.
   *
   * @param owner whose it is; empty for nobody's own
   * @return null for none
   * @throws InferenceException if the store does not answer, or its model is gone
   */
  public @Nullable Stored stored(String id, String owner) {
    Caller caller = new Caller(owner, owner, Set.of(), Caller.Limits.NONE);
    try {
      Sequences.Found found = sequences.lookUp(id, caller);
      if (found.sequence().batch() == 1) {
        return new Stored(new KeptSequence(found.sequence()), found.handle());
      }
      found.handle().close();
      return null;
    } catch (InferenceException.SequenceRefused e) {
      if (e.code() == ErrorCode.SEQUENCE_NOT_FOUND) {
        return null;
      }
      throw e;
    }
  }

  /** A step that was taken. */
  public record Taken(KeptSequence after, InferenceResult result) {}

  /** A step that is under way. Ended by whoever {@link #finish() asks for} its result. */
  public final class Step {

    private final KeptSequence from;
    private final InferenceCall call;
    private final InferenceRequest request;
    private final Computation.Started started;

    private Step(KeptSequence from, InferenceCall call, InferenceRequest request) {
      this.from = from;
      this.call = call;
      this.request = request;
      this.started =
          computation.start(
              call,
              request,
              new Computation.Kept(from.sequence().state(), 1, from.sequence().lastStep()));
    }

    /** Whether {@link #finish} answers at once. */
    public boolean isDone() {
      return started.isDone();
    }

    /**
     * Waits for the step.
     *
     * @throws InferenceException if it was not taken
     */
    public Taken finish() {
      try (call) {
        InferenceResult result = started.result();
        KeptSequence after =
            new KeptSequence(
                SequenceProgress.after(
                    from.sequence(), call.handle(), request, result, clock.instant()));
        call.context().answered();
        return new Taken(after, result.atStep(after.step()));
      }
    }

    /** Gives it up. */
    public void cancel() {
      started.cancel();
      call.close();
    }
  }

  /**
   * Begins a step; waits no longer than for its being let in.
   *
   * @param from of the borrowed version
   * @param handle which stays the caller's
   * @param inputs of one row and one step, in the order of the model's
   * @param detect whether to hold the step against what was said of it
   * @throws InferenceException if it cannot be computed, or not now
   */
  public Step step(KeptSequence from, ModelHandle handle, List<Tensor> inputs, boolean detect) {
    if (!from.isOf(handle)) {
      throw new IllegalArgumentException(
          "a sequence of %s is no sequence of %s".formatted(from.model(), handle.id()));
    }
    InferenceRequest.Options options =
        new InferenceRequest.Options(
            null, false, OptionalLong.empty(), InferenceRequest.Units.READINGS, detect);
    InferenceRequest request =
        new InferenceRequest(Operation.STEP, inputs, null, null, options, FIELDS);
    InferenceCall call = inference.open(handle, Operation.STEP, CLIENT);
    try {
      computation.admit(call);
      Step step = new Step(from, call, request);
      call.computed();
      return step;
    } catch (RuntimeException | Error e) {
      call.close();
      throw e;
    }
  }

  /**
   * Forecasts from where a sequence is; waits for it.
   *
   * @param handle of its version, which stays the caller's
   * @param horizon steps
   * @throws InferenceException if there is no forecast
   */
  public ForecastResult forecast(KeptSequence from, ModelHandle handle, int horizon) {
    InferenceRequest.Options options =
        new InferenceRequest.Options(
            false, false, OptionalLong.empty(), InferenceRequest.Units.READINGS);
    ForecastRequest request =
        new ForecastRequest(
            new InferenceRequest(Operation.UNROLL, List.of(), null, null, options, FIELDS),
            horizon,
            null,
            ForecastSampling.NONE);
    try (InferenceCall call = inference.open(handle, Operation.FORECAST, CLIENT)) {
      call.step(new Sequences.Found(from.sequence(), handle.share(), true, 0), false);
      computation.admit(call);
      ForecastResult result = forecasts.forecast(call, request, numbers -> 0, ForecastSink.NONE);
      call.context().answered();
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException("nobody is told of its steps", e);
    }
  }

  /**
   * Why a model cannot be asked so.
   *
   * @param horizon steps to forecast; 0 for none
   * @return null where it can
   */
  public static @Nullable String refusal(ModelHandle handle, boolean detect, int horizon) {
    try {
      if (!handle.signature().isCausal()) {
        throw new InferenceException.CannotStep(handle.id().toString(), handle.signature());
      }
      if (detect) {
        DetectionPlan.of(handle.signature(), DetectionKind.FORECAST);
      }
      if (horizon > 0) {
        ForecastPlan plan = ForecastPlan.of(handle.signature());
        if (plan.window() > 0) {
          throw new InferenceException.CannotForecast(
              "it sees a window of steps, which a sequence does not keep");
        }
        if (plan.known().length > 0) {
          throw new InferenceException.CannotForecast(
              "some of its inputs have to be known ahead, which records do not say");
        }
      }
      return null;
    } catch (InferenceException e) {
      return e.getMessage();
    }
  }
}

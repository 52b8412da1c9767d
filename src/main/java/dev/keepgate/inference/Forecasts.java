package dev.keepgate.inference;

import dev.keepgate.inference.ForecastPaths.Size;
import dev.keepgate.inference.InferenceException.CannotForecast;
import dev.keepgate.inference.InferenceException.InvalidInput;
import dev.keepgate.model.Distribution;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.sequence.Sequence;
import dev.keepgate.sequence.StepResult;
import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Forecasts: a history, and then as many steps as are asked, each made of the answer before it. A
 * chain of causal layers goes on in the workers' batch, from its state; a model that sees a window
 * is computed anew for each step, over a window that slides onto its own answers. Where the output
 * is read as a distribution, each history goes on by as many paths as are drawn, which are rows of
 * one batch.
 */
public final class Forecasts {

  private final Computation computation;
  private final InferenceProperties properties;

  public Forecasts(Computation computation, InferenceProperties properties) {
    this.computation = computation;
    this.properties = properties;
  }

  /**
   * What a forecast goes on from.
   *
   * @param rows how many histories there are
   * @param batched whether the request has a dimension of rows
   * @param input what was read; null where a sequence has read it
   * @param answer [rows, answer] to the last step; null where it is still to be computed
   * @param state after that step; null as the answer is
   */
  record Start(
      int rows,
      boolean batched,
      @Nullable NetworkInput input,
      float @Nullable [] answer,
      @Nullable RecurrentState state) {}

  /**
   * Computes a forecast.
   *
   * @param encodedBytes what encoding the result takes, by how many numbers it has
   * @param sink which is told of steps as they are computed
   * @throws InferenceException if there is none, or no rest of it
   * @throws IOException if the sink does not take a step
   */
  ForecastResult forecast(
      InferenceCall call,
      ForecastRequest request,
      LongUnaryOperator encodedBytes,
      ForecastSink sink)
      throws IOException {
    if (request.horizon() < 1 || request.horizon() > properties.maxHorizon()) {
      throw new InvalidInput(
          "/horizon",
          "expected 1 to %d, got %d".formatted(properties.maxHorizon(), request.horizon()));
    }
    Signature signature = call.signature();
    ForecastPlan plan = ForecastPlan.of(signature);
    if (request.returnState() && plan.window() > 0) {
      throw new InvalidInput("/return_state", "a model that sees a window has no state");
    }
    ForecastHead head = head(signature, plan, request.sampling());
    Sequence sequence = call.sequence();
    Start start =
        sequence == null ? history(call, request.history(), plan) : sequence(sequence, plan);
    Size size = new Size(start.rows(), perRow(head, request.sampling()), request.horizon());
    ForecastMemory needed = new ForecastMemory(signature, plan, head, size);
    int time = start.input() == null ? 0 : start.input().time();
    computation.reserve(call, needed.of(request.sampling(), time), encodedBytes);
    float[] ahead = new ForecastFuture(request, plan, signature).read(start);
    ForecastPaths paths = new ForecastPaths(signature, plan, head, size, ahead);
    ForecastSummary summary =
        new ForecastSummary(
            call.model(), paths, request.sampling(), start.batched(), request.isScaled());
    RecurrentState state =
        new ForecastRun(computation, call, start, paths, sink != ForecastSink.NONE)
            .run(
                (from, to) -> {
                  summary.add(from, to);
                  sink.steps(summary.result(), from, to);
                });
    return request.returnState() && state != null ? summary.result().with(state) : summary.result();
  }

  private Start history(InferenceCall call, InferenceRequest request, ForecastPlan plan) {
    Signature signature = call.signature();
    NetworkInput history =
        plan.window() > 0
            ? computation.validateSeries(call, request)
            : computation.validate(call, request);
    if (history.time() < plan.window()) {
      throw new InvalidInput(
          request.fields().input(signature.inputs().get(0)),
          "expected at least %d steps, which the model sees at once, got %d"
              .formatted(plan.window(), history.time()));
    }
    return new Start(history.batch(), request.isBatched(signature), history, null, null);
  }

  private Start sequence(Sequence sequence, ForecastPlan plan) {
    if (plan.window() > 0) {
      throw new CannotForecast(
          "it sees a window of %d steps, which a sequence does not keep; send them as a history"
              .formatted(plan.window()));
    }
    StepResult last = sequence.last();
    float[] answer = sequence.lastStep();
    if (last == null || answer == null) {
      throw new InferenceException.SequenceRefused(
          ErrorCode.OUT_OF_STEP,
          "sequence %s has no answer to go on from, as %s; take a step first"
              .formatted(
                  sequence.id(),
                  last == null
                      ? "no step was taken since it was opened"
                      : "the rows of its last steps were of different lengths"),
          properties.retryAfter(),
          null);
    }
    if (answer.length != sequence.batch() * plan.layout().size()) {
      throw new CannotForecast("a sequence of it does not answer what a forecast begins with");
    }
    return new Start(sequence.batch(), last.batched(), null, answer, sequence.state());
  }

  private ForecastHead head(Signature signature, ForecastPlan plan, ForecastSampling asked) {
    Distribution distribution = signature.settings().forecasting().distribution();
    String drawing = asked.drawing();
    if (distribution == null) {
      if (drawing != null || !asked.quantiles().isEmpty()) {
        throw new CannotForecast(
            "it has no distribution to tell %s of; say how its output is read by config.distribution, such as \"gaussian\""
                .formatted(drawing == null ? "quantiles" : drawing.substring(1)));
      }
      return new ForecastHead.Point(plan);
    }
    if (distribution.isDrawn()) {
      long seed =
          asked
              .seed()
              .orElseGet(() -> ThreadLocalRandom.current().nextLong(ForecastSampling.MAX_SEED));
      return new ForecastHead.Drawn(plan, distribution, seed);
    }
    if (drawing != null) {
      throw new InvalidInput(drawing, "the model answers quantiles, and nothing is drawn");
    }
    ForecastHead.Quantiles head = ForecastHead.Quantiles.of(plan, distribution);
    for (int i = 0; i < asked.quantiles().size(); i++) {
      if (!head.levels().contains(asked.quantiles().get(i))) {
        throw new InvalidInput(
            "/quantiles/" + i, "expected one of those that the model answers, " + head.levels());
      }
    }
    return head;
  }

  private int perRow(ForecastHead head, ForecastSampling asked) {
    if (!(head instanceof ForecastHead.Drawn)) {
      return 1;
    }
    int most = properties.maxSamples();
    int samples = asked.samples().orElse(Math.min(ForecastSampling.USUAL_SAMPLES, most));
    if (samples < 1 || samples > most) {
      throw new InvalidInput("/samples", "expected 1 to %d, got %d".formatted(most, samples));
    }
    return samples;
  }
}

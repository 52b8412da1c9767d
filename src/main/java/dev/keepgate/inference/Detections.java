package dev.keepgate.inference;

import dev.keepgate.inference.DetectionResult.Errors;
import dev.keepgate.inference.InferenceException.InvalidInput;
import dev.keepgate.model.ModelSettings.Metric;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import java.util.Arrays;
import java.util.function.LongUnaryOperator;

/**
 * Tells what is not usual by how far a model's answers are off: what an autoencoder makes of its
 * input, against the input; what a forecaster says of the next step, against that step. Errors are
 * of the network's own numbers, where no column outweighs another for its unit, and where
 * thresholds are fitted.
 */
final class Detections {

  /** Windows that are computed as one batch: many of them shall not hold up other requests. */
  private static final int WINDOWS = 256;

  private final Computation computation;

  Detections(Computation computation) {
    this.computation = computation;
  }

  /**
   * Computes the errors of a request.
   *
   * @param encodedBytes what encoding the result takes, by how many numbers it has
   * @throws InferenceException if there are none
   */
  DetectionResult detect(
      InferenceCall call, DetectionRequest request, LongUnaryOperator encodedBytes) {
    Signature signature = call.signature();
    DetectionPlan plan = DetectionPlan.of(signature, request.kind());
    Metric metric =
        request.metric() != null ? request.metric() : signature.settings().detection().metric();
    boolean isOfWindows = plan.forecast() != null && plan.forecast().window() > 0;
    NetworkInput input =
        isOfWindows
            ? computation.validateSeries(call, request.input())
            : computation.validate(call, request.input());
    Errors errors =
        plan.forecast() == null
            ? reconstruction(call, request.input(), input, metric, encodedBytes)
            : new Forecast(call, plan.forecast(), input, metric).errors(request, encodedBytes);
    Double own = signature.settings().detection().threshold();
    return new DetectionResult(
        call.model(),
        plan.kind(),
        metric,
        request.input().isBatched(signature),
        errors,
        request.threshold() != null ? request.threshold() : own);
  }

  private Errors reconstruction(
      InferenceCall call,
      InferenceRequest request,
      NetworkInput input,
      Metric metric,
      LongUnaryOperator encodedBytes) {
    requireSteps(call.signature(), request, input);
    int features = call.signature().outputSize();
    WorkingMemory needed = WorkingMemory.of(call.signature(), input, request.withReturnSequences());
    reserve(call, needed, (long) input.batch() * (1 + features), encodedBytes);
    float[] output = computation.run(call, input, true).output();
    requireFinite(output);
    Errors errors = Errors.of(features, input.batch());
    StepErrors row = StepErrors.ofReconstruction(call.signature(), metric);
    int size = output.length / input.batch();
    for (int at = 0; at < input.batch(); at++) {
      int used = input.lengths() == null ? size : size / input.time() * input.lengths()[at];
      row.writeRow(output, input.x(), at * size, at * size + used, errors, at);
    }
    return errors;
  }

  private static void requireSteps(
      Signature signature, InferenceRequest request, NetworkInput input) {
    int made = signature.outputs().get(0).sizes(input.batch(), input.time(), true)[1];
    if (signature.inputs().get(0).steps() && made != input.time()) {
      throw new InvalidInput(
          request.fields().input(signature.inputs().get(0)),
          "expected %d steps, as many as the model makes of them, got %d"
              .formatted(made, input.time()));
    }
  }

  private void reserve(
      InferenceCall call, WorkingMemory needed, long errors, LongUnaryOperator encodedBytes) {
    // An error has twice the digits of an output.
    computation.reserve(
        call, new WorkingMemory(2 * errors, needed.bytes() + errors * Double.BYTES), encodedBytes);
  }

  private static void requireFinite(float[] output) {
    for (int i = 0; i < output.length; i++) {
      if (!Float.isFinite(output[i])) {
        throw new InferenceException.NotFinite(
            "the output holds %s at [%d]".formatted(output[i], i));
      }
    }
  }

  /** The errors of what is said of the next step. */
  private final class Forecast {

    private final InferenceCall call;
    private final ForecastPlan plan;
    private final NetworkInput input;
    private final StepErrors step;

    Forecast(InferenceCall call, ForecastPlan plan, NetworkInput input, Metric metric) {
      this.call = call;
      this.plan = plan;
      this.input = input;
      this.step = StepErrors.of(call.signature(), plan, metric);
    }

    Errors errors(DetectionRequest request, LongUnaryOperator encodedBytes) {
      int first = Math.max(1, plan.window());
      if (input.time() <= first) {
        Signature.Input sequence = call.signature().inputs().get(0);
        throw new InvalidInput(
            request.input().fields().input(sequence),
            "expected at least %d steps, the last of which is looked at, got %d"
                .formatted(first + 1, input.time()));
      }
      long count = (long) input.batch() * input.time();
      reserve(call, needed(request), count * (1 + step.features()), encodedBytes);
      Errors errors = Errors.of(step.features(), input.batch(), input.time());
      if (plan.window() > 0) {
        slide(errors);
      } else if (call.signature().outputs().get(0).isStreamed()) {
        goOn(errors);
      } else {
        goStepByStep(errors);
      }
      return errors;
    }

    private WorkingMemory needed(DetectionRequest request) {
      Signature signature = call.signature();
      if (plan.window() == 0) {
        return WorkingMemory.of(signature, input, request.input().withReturnSequences());
      }
      long windows = Math.min(WINDOWS, (long) input.batch() * (input.time() - plan.window()));
      long row =
          (long) plan.window() * plan.inputSize()
              + (long) plan.answered() * plan.width()
              + WorkingMemory.stateWidth(signature)
              + signature.inside().numbers().at(plan.window());
      return new WorkingMemory(0, windows * row * Float.BYTES);
    }

    /** From its state: each step's output is of the next. */
    private void goOn(Errors errors) {
      float[] output = computation.run(call, input, true).output();
      requireFinite(output);
      int width = output.length / input.batch() / input.time();
      for (int row = 0; row < input.batch(); row++) {
        for (int time = 1; time < length(row); time++) {
          int at = row * input.time() + time;
          step.write(output, (at - 1) * width, input.x(), at * plan.inputSize(), errors, at);
        }
      }
    }

    /** From its state, where an answer is of the last step alone. */
    private void goStepByStep(Errors errors) {
      RecurrentState state = input.state();
      for (int time = 1; time < input.time(); time++) {
        Computation.requireWanted(call);
        NetworkOutput output = computation.run(call, oneStep(time - 1, state), false);
        float[] said = output.output();
        requireFinite(said);
        int size = said.length / input.batch();
        for (int row = 0; row < input.batch(); row++) {
          if (time < length(row)) {
            int at = row * input.time() + time;
            step.write(said, row * size, input.x(), at * plan.inputSize(), errors, at);
          }
        }
        state = output.state();
      }
    }

    /** One step of each row. */
    private NetworkInput oneStep(int time, RecurrentState state) {
      int size = plan.inputSize();
      float[] x = new float[input.batch() * size];
      for (int row = 0; row < input.batch(); row++) {
        System.arraycopy(input.x(), (row * input.time() + time) * size, x, row * size, size);
      }
      return new NetworkInput(input.batch(), 1, x, null, null, state);
    }

    private int length(int row) {
      return input.lengths() == null ? input.time() : input.lengths()[row];
    }

    /** A window before each step. */
    private void slide(Errors errors) {
      int[] places = places();
      for (int from = 0; from < places.length; from += WINDOWS) {
        int[] some = Arrays.copyOfRange(places, from, Math.min(places.length, from + WINDOWS));
        NetworkOutput output = computation.run(call, windows(some), false);
        float[] said = output.output();
        requireFinite(said);
        int size = said.length / some.length;
        for (int i = 0; i < some.length; i++) {
          step.write(said, i * size, input.x(), some[i] * plan.inputSize(), errors, some[i]);
        }
      }
    }

    /** The steps that have a window before them, each as row * time + step. */
    private int[] places() {
      int[] places = new int[input.batch() * (input.time() - plan.window())];
      int count = 0;
      for (int row = 0; row < input.batch(); row++) {
        for (int time = plan.window(); time < length(row); time++) {
          places[count++] = row * input.time() + time;
        }
      }
      return Arrays.copyOf(places, count);
    }

    private NetworkInput windows(int[] places) {
      int size = plan.window() * plan.inputSize();
      float[] x = new float[places.length * size];
      for (int i = 0; i < places.length; i++) {
        int from = (places[i] - plan.window()) * plan.inputSize();
        System.arraycopy(input.x(), from, x, i * size, size);
      }
      RecurrentState zero = RecurrentState.zero(call.signature().state(), places.length);
      return new NetworkInput(places.length, plan.window(), x, null, null, zero);
    }
  }
}

package dev.keepgate.inference;

import dev.keepgate.batch.Feedback;
import dev.keepgate.inference.InferenceException.FieldError;
import dev.keepgate.inference.InferenceException.InvalidInput;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongUnaryOperator;

/**
 * Forecasts: a history, and then as many steps as are asked, each made of the answer before it. A
 * chain of causal layers goes on in the workers' batch, from its state; a model that sees a window
 * is computed anew for each step, over a window that slides onto its own answers.
 */
public final class Forecasts {

  private final Computation computation;
  private final InferenceProperties properties;

  public Forecasts(Computation computation, InferenceProperties properties) {
    this.computation = computation;
    this.properties = properties;
  }

  /**
   * Computes a forecast.
   *
   * @param encodedBytes what encoding the result takes, by how many numbers it has
   * @throws InferenceException if there is none
   */
  ForecastResult forecast(
      InferenceCall call, ForecastRequest request, LongUnaryOperator encodedBytes) {
    if (request.horizon() < 1 || request.horizon() > properties.maxHorizon()) {
      throw new InvalidInput(
          "/horizon",
          "expected 1 to %d, got %d".formatted(properties.maxHorizon(), request.horizon()));
    }
    Signature signature = call.signature();
    ForecastPlan plan = ForecastPlan.of(signature);
    NetworkInput history = computation.validate(call, request.history());
    if (history.time() < plan.window()) {
      throw new InvalidInput(
          request.history().fields().input(signature.inputs().get(0)),
          "expected at least %d steps, which the model sees at once, got %d"
              .formatted(plan.window(), history.time()));
    }
    long rows = history.batch();
    long steps = (long) request.horizon() + plan.answered() + plan.window();
    long numbers = rows * steps * (plan.inputSize() + 2L * plan.width());
    long whole = signature.inside().numbers().at(Math.max(history.time(), plan.window()));
    computation.reserve(
        call,
        new WorkingMemory(rows * request.horizon() * plan.width(), (numbers + rows * whole) * 4),
        encodedBytes);
    ForecastInputs inputs =
        new ForecastInputs(
            signature, plan, known(request, signature, plan, history.batch()), request.horizon());
    float[] values = new Run(call, history, inputs).all();
    return new ForecastResult(
        call.model(),
        new int[] {history.batch(), request.horizon(), plan.width()},
        request.history().isBatched(signature),
        values,
        request.history().options().units().scaled() ? null : signature.settings().targetScaler());
  }

  /** What is known ahead, scaled. */
  private static float[] known(
      ForecastRequest request, Signature signature, ForecastPlan plan, int batch) {
    Tensor future = request.future();
    int width = plan.known().length;
    boolean batched = request.history().isBatched(signature);
    int[] expected =
        batched
            ? new int[] {batch, request.horizon(), width}
            : new int[] {request.horizon(), width};
    if (future == null) {
      if (width == 0 || request.horizon() == 1) {
        return new float[batch * request.horizon() * width];
      }
      throw new InvalidInput(
          "/future",
          "is missing: the input's columns %s do not follow from the answer before; expected shape %s"
              .formatted(Arrays.toString(plan.known()), Arrays.toString(expected)));
    }
    if (!Arrays.equals(future.shape(), expected)) {
      throw new InvalidInput(
          "/future",
          "expected shape %s, got %s"
              .formatted(Arrays.toString(expected), Arrays.toString(future.shape())));
    }
    return scaled(future, request, signature, plan);
  }

  private static float[] scaled(
      Tensor future, ForecastRequest request, Signature signature, ForecastPlan plan) {
    double[] readings = StateValidator.doubles(future);
    Scaler scaler =
        request.history().options().units().scaled() ? null : signature.settings().scaler();
    float[] scaled = new float[readings.length];
    for (int i = 0; i < scaled.length; i++) {
      int column = plan.known()[i % plan.known().length];
      scaled[i] = (float) (scaler == null ? readings[i] : scaler.scale(column, readings[i]));
      if (!Float.isFinite(scaled[i])) {
        throw new InvalidInput(
            List.of(
                new FieldError(
                    "/future",
                    "holds %s at %s"
                        .formatted(readings[i], StateValidator.position(i, future.shape())))));
      }
    }
    return scaled;
  }

  /** One forecast on its way. */
  private final class Run {

    private final InferenceCall call;
    private final NetworkInput history;
    private final ForecastInputs inputs;
    private final ForecastPlan plan;
    private final int rows;

    /** [rows, horizon, width] */
    private final float[] forecast;

    Run(InferenceCall call, NetworkInput history, ForecastInputs inputs) {
      this.call = call;
      this.history = history;
      this.inputs = inputs;
      this.plan = inputs.plan();
      this.rows = history.batch();
      this.forecast = new float[rows * inputs.horizon() * plan.width()];
    }

    float[] all() {
      boolean loops =
          plan.window() == 0 && plan.answered() == 1 && inputs.signature().inside().isChain();
      if (plan.window() > 0) {
        slide();
      } else {
        NetworkOutput first = run(history, false);
        take(first.output(), 0);
        if (loops) {
          loop(first.state());
        } else {
          roll(first.state());
        }
      }
      requireFinite();
      return forecast;
    }

    private NetworkOutput run(NetworkInput input, boolean sequences) {
      return computation.run(call, input, sequences);
    }

    /** Takes the forecast steps of an answer [rows, answered, width]. */
    private void take(float[] answer, int from) {
      int steps = Math.min(plan.answered(), inputs.horizon() - from);
      int width = plan.width();
      for (int row = 0; row < rows; row++) {
        System.arraycopy(
            answer,
            row * plan.answered() * width,
            forecast,
            (row * inputs.horizon() + from) * width,
            steps * width);
      }
    }

    /** Writes the input that follows from a forecast step. */
    private void write(int row, int step, float[] x, int to) {
      int from = (row * inputs.horizon() + step) * plan.width();
      inputs.write(row, step, forecast, from, x, to);
    }

    /** All other steps at once, by the workers themselves. */
    private void loop(RecurrentState state) {
      int steps = inputs.horizon() - 1;
      if (steps == 0) {
        return;
      }
      float[] x = new float[rows * steps * plan.inputSize()];
      for (int row = 0; row < rows; row++) {
        write(row, 0, x, row * steps * plan.inputSize());
      }
      call.feed(inputs);
      try {
        NetworkOutput output = run(new NetworkInput(rows, steps, x, null, null, state), true);
        int size = steps * plan.width();
        for (int row = 0; row < rows; row++) {
          int to = (row * inputs.horizon() + 1) * plan.width();
          System.arraycopy(output.output(), row * size, forecast, to, size);
        }
      } finally {
        call.feed(Feedback.NONE);
      }
    }

    /** As many steps as an answer has, again and again, from the state. */
    private void roll(RecurrentState first) {
      RecurrentState state = first;
      for (int done = plan.answered(); done < inputs.horizon(); done += plan.answered()) {
        int steps = plan.answered();
        float[] x = new float[rows * steps * plan.inputSize()];
        for (int row = 0; row < rows; row++) {
          for (int step = 0; step < steps; step++) {
            write(row, done - steps + step, x, (row * steps + step) * plan.inputSize());
          }
        }
        NetworkOutput output = run(new NetworkInput(rows, steps, x, null, null, state), false);
        take(output.output(), done);
        state = output.state();
      }
    }

    /** A window at a time. */
    private void slide() {
      RecurrentState zero = RecurrentState.zero(inputs.signature().state(), rows);
      for (int done = 0; done < inputs.horizon(); done += plan.answered()) {
        NetworkInput window = new NetworkInput(rows, plan.window(), window(done), null, null, zero);
        take(run(window, false).output(), done);
      }
    }

    /** The last steps of the history and of so many forecast steps. */
    private float[] window(int done) {
      int width = plan.inputSize();
      float[] x = new float[rows * plan.window() * width];
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < plan.window(); i++) {
          int to = (row * plan.window() + i) * width;
          int at = history.time() + done - plan.window() + i;
          if (at < history.time()) {
            System.arraycopy(history.x(), (row * history.time() + at) * width, x, to, width);
          } else {
            write(row, at - history.time(), x, to);
          }
        }
      }
      return x;
    }

    private void requireFinite() {
      for (int i = 0; i < forecast.length; i++) {
        if (!Float.isFinite(forecast[i])) {
          int step = i / plan.width() % inputs.horizon();
          throw new InferenceException.NotFinite(
              "the forecast of row %d is %s at step %d"
                  .formatted(i / plan.width() / inputs.horizon(), forecast[i], step));
        }
      }
    }
  }
}

package dev.keepgate.inference;

import dev.keepgate.batch.Feedback;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One forecast on its way. */
final class ForecastRun {

  private final Computation computation;
  private final InferenceCall call;
  private final Forecasts.Start start;
  private final ForecastPaths paths;
  private final ForecastPlan plan;
  private final Signature signature;
  private final int horizon;
  private final boolean follows;

  /** Is told of steps that are there in the paths. */
  interface Steps {
    void there(int from, int to) throws IOException;
  }

  /**
   * @param follows whether steps are told of one by one
   */
  ForecastRun(
      Computation computation,
      InferenceCall call,
      Forecasts.Start start,
      ForecastPaths paths,
      boolean follows) {
    this.computation = computation;
    this.call = call;
    this.start = start;
    this.paths = paths;
    this.plan = paths.plan();
    this.signature = call.signature();
    this.horizon = paths.size().horizon();
    this.follows = follows;
  }

  /**
   * Computes all steps.
   *
   * @return the state after the history; null where windows have none
   */
  @Nullable RecurrentState run(Steps steps) throws IOException {
    if (plan.window() > 0) {
      slide(steps);
      return null;
    }
    float[] answer = start.answer();
    RecurrentState state = start.state();
    if (answer == null || state == null) {
      NetworkOutput first = computation.run(call, Objects.requireNonNull(start.input()), false);
      answer = first.output();
      state = first.state();
    }
    steps.there(0, paths.take(answer, 0));
    int perRow = paths.size().perRow();
    RecurrentState each = perRow == 1 ? state : state.repeated(start.rows(), perRow);
    if (plan.goesByStep(signature)) {
      loop(each, steps);
    } else {
      roll(each, steps);
    }
    return state;
  }

  /** All other steps at once, by the workers themselves. */
  private void loop(RecurrentState state, Steps steps) throws IOException {
    int count = paths.size().paths();
    int time = horizon - 1;
    if (time == 0) {
      return;
    }
    float[] x = new float[count * time * plan.inputSize()];
    for (int path = 0; path < count; path++) {
      paths.write(path, 0, x, path * time * plan.inputSize());
    }
    NetworkInput input = new NetworkInput(count, time, x, null, null, state);
    int told = 1;
    call.feed(paths);
    try {
      if (follows) {
        told = follow(input, steps);
      } else {
        paths.takeLast(computation.run(call, input, true).output());
      }
    } finally {
      call.feed(Feedback.NONE);
    }
    steps.there(told, horizon);
  }

  /** A step is there once all paths have taken the next one. */
  private int follow(NetworkInput input, Steps steps) throws IOException {
    int[] told = {1};
    NetworkOutput output =
        computation.followSteps(
            call,
            input,
            (from, to) -> {
              if (to > told[0]) {
                steps.there(told[0], to);
                told[0] = to;
              }
            });
    paths.takeLast(output.output());
    return told[0];
  }

  /** As many steps as an answer has, again and again, from the state. */
  private void roll(RecurrentState first, Steps sink) throws IOException {
    int count = paths.size().paths();
    RecurrentState state = first;
    for (int done = plan.answered(); done < horizon; done += plan.answered()) {
      int steps = plan.answered();
      float[] x = new float[count * steps * plan.inputSize()];
      for (int path = 0; path < count; path++) {
        for (int step = 0; step < steps; step++) {
          paths.write(path, done - steps + step, x, (path * steps + step) * plan.inputSize());
        }
      }
      NetworkInput input = new NetworkInput(count, steps, x, null, null, state);
      NetworkOutput output = computation.run(call, input, false);
      sink.there(done, paths.take(output.output(), done));
      state = output.state();
    }
  }

  /** A window at a time; the first is that of all paths of a history. */
  private void slide(Steps steps) throws IOException {
    NetworkInput history = Objects.requireNonNull(start.input());
    for (int done = 0; done < horizon; done += plan.answered()) {
      int perRow = done == 0 ? 1 : paths.size().perRow();
      int count = start.rows() * perRow;
      RecurrentState zero = RecurrentState.zero(signature.state(), count);
      float[] x = window(history, done, perRow);
      NetworkInput window = new NetworkInput(count, plan.window(), x, null, null, zero);
      steps.there(done, paths.take(computation.run(call, window, false).output(), done));
    }
  }

  /** The last steps of the history and of so many forecast steps, of each path. */
  private float[] window(NetworkInput history, int done, int perRow) {
    int width = plan.inputSize();
    float[] x = new float[start.rows() * perRow * plan.window() * width];
    for (int path = 0; path < start.rows() * perRow; path++) {
      int row = path / perRow;
      for (int i = 0; i < plan.window(); i++) {
        int to = (path * plan.window() + i) * width;
        int at = history.time() + done - plan.window() + i;
        if (at < history.time()) {
          System.arraycopy(history.x(), (row * history.time() + at) * width, x, to, width);
        } else {
          paths.write(path, at - history.time(), x, to);
        }
      }
    }
    return x;
  }
}

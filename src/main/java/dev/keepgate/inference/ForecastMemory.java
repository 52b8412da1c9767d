package dev.keepgate.inference;

import dev.keepgate.model.Signature;

/**
 * What a forecast takes, told from its sizes before anything is allocated. Of each path: the
 * inputs, the outputs and what is read of them, its state; the network's own numbers where it is
 * computed as a whole; the answer's numbers.
 */
record ForecastMemory(
    Signature signature, ForecastPlan plan, ForecastHead head, ForecastPaths.Size size) {

  /**
   * Of a request.
   *
   * @param time how many steps the history has
   */
  WorkingMemory of(ForecastSampling asked, int time) {
    // Doubles: what a client asks for may be more than a long has room for.
    double paths = (double) size.rows() * size.perRow();
    double steps = (double) size.horizon() + plan.answered() + plan.window();
    double perStep =
        plan.inputSize() + head.kept() + (double) plan.layout().size() / plan.answered();
    double numbers = paths * (steps * perStep + 3.0 * WorkingMemory.stateWidth(signature));
    numbers += size.rows() * (double) whole(Math.max(time, plan.window()));
    if (size.perRow() > 1 && !plan.goesByStep(signature)) {
      numbers += paths * whole(Math.max(plan.answered(), plan.window()));
    }
    double answered = (double) size.rows() * size.horizon() * plan.width();
    answered *= 1 + asked.quantiles().size() + (asked.returnSamples() ? size.perRow() : 0);
    // As doubles, and as floats where they are written so.
    double bytes = numbers * Float.BYTES + answered * (Double.BYTES + Float.BYTES);
    return new WorkingMemory((long) answered, (long) bytes);
  }

  private long whole(int steps) {
    return signature.inside().numbers().at(steps);
  }
}

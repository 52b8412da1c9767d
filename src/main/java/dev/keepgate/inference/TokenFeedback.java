package dev.keepgate.inference;

import dev.keepgate.batch.Feedback;
import dev.keepgate.batch.StepListener;
import dev.keepgate.model.NetworkInput;

/**
 * Has rows go on by the tokens that are drawn from their outputs, on the workers.
 *
 * @param lengths [rows]: of the prompts
 */
record TokenFeedback(GeneratePlan plan, GeneratedTokens tokens, int[] lengths)
    implements Feedback, StepListener {

  @Override
  public int known(int row) {
    return lengths[row];
  }

  @Override
  public void stepped(int row, int step, float[] output, int offset) {
    int drawn = step + 1 - lengths[row];
    if (drawn >= 0) {
      tokens.draw(row, drawn, output, offset);
    }
  }

  @Override
  public boolean ends(int row, int step) {
    return tokens.hasEnded(row);
  }

  @Override
  public void feed(NetworkInput input, int row, int step, float[] outputs, int offset) {
    int id = tokens.id(row, step - lengths[row]);
    int at = row * input.time() + step;
    int[] ids = input.ids();
    if (ids != null) {
      ids[at] = id;
    } else {
      input.x()[at * plan.ids() + id] = 1;
    }
  }
}

package dev.keepgate.kernel;

import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;

/**
 * One sequence of a request on its way through a model, a step at a time. Its input is read and its
 * output written in place, so that nothing is copied twice. Belongs to one thread at a time.
 */
public class StepRow {

  private final NetworkInput input;
  private final int row;
  private final NetworkOutput into;
  private final boolean everyStep;
  private int steps;
  private int known;
  private int position;

  /**
   * @param input the request, without masked steps
   * @param row which of its sequences; at least one step long
   * @param into where its outputs and its state go: arrays of the request's size
   * @param everyStep whether {@code into.output()} is [batch, time, outputSize], and not the last
   *     step's [batch, outputSize]
   */
  public StepRow(NetworkInput input, int row, NetworkOutput into, boolean everyStep) {
    this.input = input;
    this.row = row;
    this.into = into;
    this.everyStep = everyStep;
    this.steps = input.lengths() == null ? input.time() : input.lengths()[row];
    if (steps < 1) {
      throw new IllegalArgumentException("row " + row + " has no step");
    }
    this.known = steps;
  }

  /**
   * A row whose later inputs follow from its outputs.
   *
   * @param known how many of its first steps have their input; {@link #extend} tells of more
   */
  protected StepRow(NetworkInput input, int row, NetworkOutput into, boolean everyStep, int known) {
    this(input, row, into, everyStep);
    this.known = Math.min(known, steps);
  }

  public NetworkInput input() {
    return input;
  }

  /** Which sequence of its request it is. */
  public int row() {
    return row;
  }

  /** Where its outputs and its state go. */
  public NetworkOutput into() {
    return into;
  }

  /** How many steps it has whose input is known. */
  public int steps() {
    return known;
  }

  /** The input of one more step is known. */
  protected void extend() {
    known++;
  }

  /** It ends before its next step. */
  protected void end() {
    steps = position;
  }

  /** How many steps it has taken. */
  public int position() {
    return position;
  }

  public boolean isFinished() {
    return position == steps;
  }

  /** The same row before its first step. */
  public StepRow restart() {
    return new StepRow(input, row, into, everyStep);
  }

  /** The state that it goes on from: what it came with, or what it left a batch with. */
  public RecurrentState state() {
    return position == 0 ? input.state() : into.state();
  }

  /**
   * Whether the output of a step is asked for: of each, or of the last whose input is known.
   *
   * @param ahead how many steps after the one at {@link #position()}
   */
  public boolean answersStep(int ahead) {
    return everyStep || position + ahead == known - 1;
  }

  /** Where the output of such a step begins in {@code into.output()}. */
  public int outputOffset(int ahead, int outputSize) {
    return (everyStep ? row * input.time() + position + ahead : row) * outputSize;
  }

  /** Where the input of the step at {@link #position()} is in [batch, time]. */
  public int inputIndex() {
    return row * input.time() + position;
  }

  /** Counts steps taken. */
  public void advance(int taken) {
    position += taken;
  }
}

package dev.keepgate.kernel;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Rows that join and leave a batch at random, against what each would be in an unroll alone. */
public final class StepBatchAgreement {

  private final LstmKernel kernel;
  private final Network model;
  private final Random random;

  /** A row that is under way, and what it should become. */
  private record Running(StepRow row, NetworkInput input, NetworkOutput into, boolean everyStep) {}

  public StepBatchAgreement(LstmKernel kernel, Network model, long seed) {
    this.kernel = kernel;
    this.model = model;
    this.random = new Random(seed);
  }

  public void run(int arrivals, int capacity, int longest, String description) {
    try (CompiledModel compiled = kernel.compile(model);
        Scratch scratch = kernel.newScratch();
        RandomIdleThreads idleThreads = new RandomIdleThreads(kernel, random.nextLong());
        StepBatch batch = compiled.newStepBatch(capacity, scratch)) {
      List<Running> running = new ArrayList<>();
      int arrived = 0;
      while (arrived < arrivals || !running.isEmpty()) {
        while (arrived < arrivals && batch.rows() < capacity && random.nextInt(3) > 0) {
          Running row = arrive(longest);
          running.add(row);
          batch.join(row.row());
          arrived++;
        }
        if (random.nextInt(4) == 0) {
          batch.step();
        } else {
          batch.advance(idleThreads);
        }
        for (Running each : List.copyOf(running)) {
          // Some go before they are finished.
          if (each.row().isFinished() || random.nextInt(20) == 0) {
            batch.leave(each.row());
            running.remove(each);
            check(each, description);
          }
        }
      }
    }
  }

  private Running arrive(int longest) {
    Signature signature = model.signature();
    int time = 1 + (random.nextBoolean() ? 0 : random.nextInt(longest));
    boolean everyStep = random.nextBoolean();
    RecurrentState state = RecurrentState.zero(signature.state(), 1);
    Arrays.setAll(state.values(), i -> floats(state.values()[i].length));
    boolean takesIds = signature.takesIds();
    NetworkInput input =
        new NetworkInput(
            1,
            time,
            floats(takesIds ? 0 : time * signature.inputSize()),
            takesIds ? ids(signature, time) : null,
            null,
            state);
    NetworkOutput into =
        new NetworkOutput(
            new float[(everyStep ? time : 1) * signature.outputSize()],
            RecurrentState.zero(signature.state(), 1),
            null);
    return new Running(new StepRow(input, 0, into, everyStep), input, into, everyStep);
  }

  private int[] ids(Signature signature, int time) {
    int vocabulary = signature.inputs().get(0).vocabulary().orElseThrow();
    return random.ints(time, 0, vocabulary).toArray();
  }

  private void check(Running each, String description) {
    int taken = each.row().position();
    NetworkInput input = each.input();
    NetworkInput done = new NetworkInput(1, taken, input.x(), input.ids(), null, input.state());
    LstmKernel reference = new ReferenceKernel();
    try (CompiledModel compiled = reference.compile(model);
        Scratch scratch = reference.newScratch()) {
      NetworkOutput expected = compiled.unroll(done, each.everyStep(), false, scratch);
      boolean isWhole = taken == input.time();
      int asked = each.everyStep() ? taken * model.signature().outputSize() : 0;
      NetworkOutput actual =
          new NetworkOutput(
              isWhole ? each.into().output() : Arrays.copyOf(each.into().output(), asked),
              each.into().state(),
              null);
      NetworkOutput wanted =
          new NetworkOutput(
              isWhole || each.everyStep() ? expected.output() : new float[0],
              expected.state(),
              null);
      KernelAgreement.assertAgree(actual, wanted, KernelAgreement.tolerance(model), description);
    }
  }

  private float[] floats(int count) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = 2 * random.nextFloat() - 1;
    }
    return floats;
  }
}

package dev.keepgate.kernel.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.IdleThreads;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.RandomModels;
import dev.keepgate.kernel.StepBatch;
import dev.keepgate.kernel.StepBatchAgreement;
import dev.keepgate.kernel.StepRow;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.Layer;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Summary;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Few rows that take a few steps of a stack at once. */
class TimeBlockTest {

  private static final int CASES = 60;
  private static final int INPUT = 5;
  private static final int HIDDEN = 9;

  private final LstmKernel kernel = new CpuKernel(Tunings.NOT_PACKING);

  @BeforeAll
  static void load() {
    Backend.load(BlasOptions.DEFAULT);
  }

  private static boolean isStack(RandomModels.Case given) {
    return given.isStepwise() && given.model().signature().state().owners().size() > 1;
  }

  static Stream<RandomModels.Case> stacks() {
    Long given = Long.getLong(RandomModels.SEED_PROPERTY);
    if (given != null) {
      return Stream.of(RandomModels.of(given));
    }
    long first = new Random().nextInt(1_000_000_000);
    System.out.printf("random stacks: seeds from %d%n", first);
    return LongStream.iterate(first, seed -> seed + 1)
        .mapToObj(RandomModels::of)
        .filter(TimeBlockTest::isStack)
        .limit(CASES);
  }

  @ParameterizedTest
  @MethodSource("stacks")
  void rowsGetTheNumbersOfAnUnroll(RandomModels.Case given) {
    new StepBatchAgreement(kernel, given.model(), given.seed()).run(12, 20, 9, given.toString());
  }

  @ParameterizedTest
  @MethodSource("stacks")
  void rowsGetThemFromTwoThreads(RandomModels.Case given) {
    new StepBatchAgreement(new CpuKernel(Tunings.ODD), given.model(), given.seed())
        .run(12, 20, 40, given.toString());
  }

  /** Sixteen steps of one row in two threads, and what is left of seventeen. */
  @Test
  void blocksGoThroughTheStackTogether() {
    Network model = stack(3);
    RecurrentState state = RecurrentState.zero(model.signature().state(), 1);
    NetworkInput input = new NetworkInput(1, 17, new float[17 * INPUT], null, null, state);
    NetworkOutput into =
        new NetworkOutput(
            new float[17 * HIDDEN], RecurrentState.zero(model.signature().state(), 1), null);
    LstmKernel pipelining =
        new CpuKernel(
            new KernelTuning(
                KernelTuning.Packing.NO, Map.of(KernelTuning.Parameter.PIPELINE_BYTES, 0)));
    List<Integer> turns = new ArrayList<>();
    try (CompiledModel compiled = pipelining.compile(model);
        Scratch scratch = pipelining.newScratch();
        Scratch other = pipelining.newScratch();
        StepBatch batch = compiled.newStepBatch(64, scratch)) {
      IdleThreads idleThreads =
          new IdleThreads() {
            @Override
            public boolean offer(Consumer<Scratch> work) {
              new Thread(() -> work.accept(other)).start();
              return true;
            }

            @Override
            public boolean areWanted() {
              return false;
            }
          };
      StepRow row = new StepRow(input, 0, into, true);
      batch.join(row);
      while (!row.isFinished()) {
        turns.add(batch.advance(idleThreads));
      }
      batch.leave(row);
    }
    assertThat(turns).containsExactly(16, 1);
  }

  /** So many cells of no weight. */
  private static Network stack(int layers) {
    List<Layer> cells = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      CellConfig cell = CellConfig.builder(i == 0 ? INPUT : HIDDEN, HIDDEN).build();
      int gates = 4 * HIDDEN;
      CellWeights weights =
          new CellWeights(
              new float[cell.inputSize() * gates],
              new float[HIDDEN * gates],
              new float[gates],
              null,
              null);
      cells.add(Layer.Recurrent.of(new LstmCell(cell, weights)));
    }
    return Network.chain("stack", cells, true, Summary.LAST_STEP);
  }

  /** Takes rows of so many steps through a stack; how many steps each turn took. */
  private List<Integer> turns(int layers, int capacity, int... steps) {
    Network model = stack(layers);
    List<Integer> turns = new ArrayList<>();
    try (CompiledModel compiled = kernel.compile(model);
        Scratch scratch = kernel.newScratch();
        StepBatch batch = compiled.newStepBatch(capacity, scratch)) {
      List<StepRow> rows = new ArrayList<>();
      for (int time : steps) {
        RecurrentState state = RecurrentState.zero(model.signature().state(), 1);
        NetworkInput input = new NetworkInput(1, time, new float[time * INPUT], null, null, state);
        NetworkOutput into =
            new NetworkOutput(
                new float[time * HIDDEN], RecurrentState.zero(model.signature().state(), 1), null);
        rows.add(new StepRow(input, 0, into, true));
        batch.join(rows.get(rows.size() - 1));
      }
      while (batch.rows() > 0) {
        turns.add(batch.advance(IdleThreads.NONE));
        rows.stream().filter(StepRow::isFinished).forEach(batch::leave);
        rows.removeIf(StepRow::isFinished);
      }
    }
    return turns;
  }

  @ParameterizedTest
  @CsvSource({
    "2, 64, 20, '8,8,4'",
    "3, 64, 1, '1'",
    "2, 64, 5 20, '5,8,7'",
    "2, 4, 9, '4,4,1'",
    "2, 2, 3 3, '1,1,1'",
    "2, 64, 4 4 4, '1,1,1,1'",
    "2, 64, 2 2 9, '1,1,7'",
    "1, 64, 3, '1,1,1'"
  })
  void takesNoneStepsTooMany(int layers, int capacity, String steps, String turns) {
    int[] times = Stream.of(steps.split(" ")).mapToInt(Integer::parseInt).toArray();
    assertThat(turns(layers, capacity, times))
        .containsExactlyElementsOf(Stream.of(turns.split(",")).map(Integer::valueOf).toList());
  }
}

package dev.keepgate.kernel.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.FrameworkCase;
import dev.keepgate.kernel.KernelAgreement;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.RandomModels;
import dev.keepgate.kernel.StepBatch;
import dev.keepgate.kernel.StepBatchAgreement;
import dev.keepgate.kernel.StepRow;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Cell;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.GruCell;
import dev.keepgate.model.GruConfig;
import dev.keepgate.model.Layer;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.RnnCell;
import dev.keepgate.model.RnnConfig;
import dev.keepgate.model.Summary;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class CpuKernelTest {

  /** Each goes its own way; the first is the one that servers have. */
  private static final List<KernelTuning> TUNINGS =
      Stream.concat(Stream.of(KernelTuning.DEFAULT), Tunings.ALL.stream()).toList();

  private final LstmKernel kernel = new CpuKernel();

  @BeforeAll
  static void load() {
    Backend.load(BlasOptions.DEFAULT);
  }

  static Stream<FrameworkCase> frameworkCases() {
    return FrameworkCase.all();
  }

  @ParameterizedTest
  @MethodSource("frameworkCases")
  void unrollAnswersTheNumbersOfTheFramework(FrameworkCase theirs) {
    theirs.assertAnsweredBy(kernel);
  }

  static Stream<RandomModels.Case> cases() {
    return RandomModels.cases(Integer.getInteger("keepgate.cases", 300));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void unrollAgreesWithTheReference(RandomModels.Case given) {
    for (KernelTuning tuning : TUNINGS) {
      KernelAgreement.assertAgree(new CpuKernel(tuning), given);
    }
  }

  /** Panels, slices of rows, few rows and calls in pieces all need sizes that do not fit them. */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 65, 100",
    "3, 2, 130, 67",
    "17, 3, 70, 129",
    "300, 3, 5, 66",
    "2, 300, 9, 65",
    "9, 40, 33, 96",
    "260, 2, 3, 3",
    "1, 9, 64, 64",
    "2, 50, 65, 64",
    "3, 9, 128, 128",
    "4, 40, 31, 128",
    "5, 30, 20, 64",
    "1, 5, 30, 515",
    "3, 4, 30, 515",
    "4, 3, 257, 192"
  })
  void unrollAgreesWithTheReferenceAtSizesThatDoNotFit(int batch, int time, int input, int hidden) {
    for (Kind kind : Kind.values()) {
      RandomModels.Case given = plain(kind, batch, time, input, hidden);
      for (KernelTuning tuning : TUNINGS) {
        KernelAgreement.assertAgree(new CpuKernel(tuning), given);
      }
    }
  }

  static Stream<RandomModels.Case> stepwise() {
    return RandomModels.stepwise(Integer.getInteger("keepgate.cases", 300) / 2);
  }

  @ParameterizedTest
  @MethodSource("stepwise")
  void rowsThatJoinAndLeaveGetTheNumbersOfAnUnroll(RandomModels.Case given) {
    for (KernelTuning tuning : TUNINGS) {
      new StepBatchAgreement(new CpuKernel(tuning), given.model(), given.seed())
          .run(20, 6, 9, given + ", " + tuning);
    }
  }

  @ParameterizedTest
  @EnumSource
  void fewRowsOfALargeModelPrecomputeTheirInputs(Kind kind) {
    Network model = plain(kind, 1, 1, 40, 260).model();
    long seed = new Random().nextInt(1_000_000);
    for (KernelTuning tuning : TUNINGS) {
      new StepBatchAgreement(new CpuKernel(tuning), model, seed)
          .run(40, 5, 45, "seed " + seed + ", " + tuning);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "LSTM, 20",
    "LSTM, 260",
    "GRU_AFTER, 20",
    "GRU_AFTER, 260",
    "GRU_BEFORE, 260",
    "RNN, 20"
  })
  void aStepAllocatesNothing(Kind kind, int hidden) {
    RandomModels.Case given = plain(kind, 3, 200, 30, hidden);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (CompiledModel model = kernel.compile(given.model());
        Scratch scratch = kernel.newScratch();
        StepBatch batch = model.newStepBatch(4, scratch)) {
      NetworkOutput into =
          new NetworkOutput(
              new float[3 * 200 * hidden], RecurrentState.zero(model.signature().state(), 3), null);
      for (int row = 0; row < 3; row++) {
        batch.join(new StepRow(given.input(), row, into, true));
      }
      batch.step();
      threads.getCurrentThreadAllocatedBytes();
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 150; i++) {
        batch.step();
      }
      // The smallest object has 16 bytes; the compiler may allocate once when it changes its mind.
      assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(150 * 16);
    }
  }

  @Test
  void aBatchThatIsFullTakesNoMore() {
    RandomModels.Case given = plain(Kind.LSTM, 2, 1, 3, 4);
    try (CompiledModel model = kernel.compile(given.model());
        Scratch scratch = kernel.newScratch();
        StepBatch batch = model.newStepBatch(1, scratch)) {
      NetworkOutput into = KernelAgreement.unroll(model, given, scratch);
      StepRow first = new StepRow(given.input(), 0, into, true);
      StepRow second = new StepRow(given.input(), 1, into, true);
      batch.join(first);
      assertThatIllegalStateException().isThrownBy(() -> batch.join(second));
      assertThatIllegalArgumentException().isThrownBy(() -> batch.leave(second));
      assertThat(batch.rows()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void bytesAreThoseOfTheWeights(Kind kind) {
    RandomModels.Case given = plain(kind, 1, 1, 40, 70);
    try (CompiledModel model = kernel.compile(given.model())) {
      long numbers = given.model().parameters() * Float.BYTES;
      long told = kernel.compiledBytes(given.model().parameters());
      // Some machines have them twice.
      assertThat(told).isIn(numbers, 2 * numbers);
      assertThat(model.bytes()).isCloseTo(told, within(2048L));
    }
  }

  @ParameterizedTest
  @EnumSource
  void closedWeightsAreFreed(Kind kind) {
    Network model = plain(kind, 1, 1, 256, 256).model();
    kernel.compile(model).close();
    long before = Pointer.totalBytes();
    for (int i = 0; i < 10; i++) {
      kernel.compile(model).close();
    }
    assertThat(Pointer.totalBytes()).isLessThanOrEqualTo(before);
  }

  @Test
  void anotherKernelsScratchIsRefused() {
    RandomModels.Case given = plain(Kind.LSTM, 1, 1, 2, 3);
    try (CompiledModel model = kernel.compile(given.model());
        Scratch scratch = new ReferenceKernel().newScratch()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> KernelAgreement.unroll(model, given, scratch));
    }
  }

  /** A cell without options that differ from what most have. */
  enum Kind {
    LSTM,
    GRU_AFTER,
    GRU_BEFORE,
    RNN
  }

  private static Cell cell(Kind kind, Random random, int input, int hidden) {
    int blocks =
        switch (kind) {
          case LSTM -> 4;
          case GRU_AFTER, GRU_BEFORE -> GruCell.BLOCKS;
          case RNN -> 1;
        };
    float[] kernel = floats(random, input * blocks * hidden, input);
    float[] recurrent = floats(random, hidden * blocks * hidden, hidden);
    float[] bias = floats(random, blocks * hidden, 1);
    boolean isAfter = kind == Kind.GRU_AFTER;
    return switch (kind) {
      case LSTM ->
          new LstmCell(
              CellConfig.builder(input, hidden).build(),
              new CellWeights(kernel, recurrent, bias, null, null));
      case GRU_AFTER, GRU_BEFORE ->
          new GruCell(
              GruConfig.plain(input, hidden, isAfter),
              kernel,
              recurrent,
              bias,
              floats(random, isAfter ? hidden : 0, 1));
      case RNN ->
          new RnnCell(
              new RnnConfig(input, hidden, CellConfig.NO_CLIP, Activation.TANH),
              kernel,
              recurrent,
              bias);
    };
  }

  private static RandomModels.Case plain(Kind kind, int batch, int time, int input, int hidden) {
    Random random = new Random(batch * 31L + hidden);
    Network model =
        Network.chain(
            "plain",
            List.of(Layer.Recurrent.of(cell(kind, random, input, hidden))),
            true,
            Summary.LAST_STEP);
    NetworkInput request =
        new NetworkInput(
            batch,
            time,
            floats(random, batch * time * input, 1),
            null,
            null,
            RecurrentState.zero(model.signature().state(), batch));
    return new RandomModels.Case(0, model, request, true, batch == 3);
  }

  private static float[] floats(Random random, int count, int terms) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = (2 * random.nextFloat() - 1) / (float) Math.sqrt(terms);
    }
    return floats;
  }
}

package dev.keepgate.kernel.nd4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.kernel.nd4j.Nd4jScratch.Slot;
import dev.keepgate.model.Activation;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.Layer;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Summary;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.IntConsumer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** ND4J's arrays lie outside the heap, where no garbage collector would make up for a leak. */
class Nd4jMemoryTest {

  @BeforeAll
  static void load() {
    Backend.load(BlasOptions.DEFAULT);
  }

  /** A fifth or less of what each test would leak. */
  private static final long MARGIN = 160L << 20;

  /** Less yet; but other tests' servers may live on in this process, and count here. */
  private static final long TRACKED_MARGIN = 64L << 20;

  private static final int ROUNDS = 5;

  private static final int SIZE = 192;

  private final LstmKernel kernel = new Nd4jKernel();

  @Test
  void callsLeaveNothingBehind() {
    Network model = model(SIZE);
    try (CompiledModel compiled = kernel.compile(model);
        Scratch scratch = kernel.newScratch()) {
      // At 0.4 MB a call and more.
      assertFlat(
          3_000, i -> compiled.unroll(input(model, 1 + i % 32, 1), true, i % 7 == 0, scratch));
    }
  }

  @Test
  void closedModelsAndScratchLeaveNothingBehind() {
    Network model = model(4 * SIZE);
    // At 19 MB a model.
    assertFlat(
        60,
        i -> {
          try (CompiledModel compiled = kernel.compile(model);
              Scratch scratch = kernel.newScratch()) {
            compiled.unroll(input(model, 2, 2), true, false, scratch);
          }
        });
  }

  @Test
  void aGreatRequestsMemoryIsNotKept() {
    Network model = model(SIZE);
    try (CompiledModel compiled = kernel.compile(model);
        Nd4jScratch scratch = new Nd4jScratch(1 << 20)) {
      compiled.unroll(input(model, 1, 1), true, false, scratch);
      assertThat(scratch.bytes()).isPositive().isLessThanOrEqualTo(1 << 20);
      compiled.unroll(input(model, 32, 20), true, false, scratch);
      assertThat(scratch.bytes()).isZero();
    }
  }

  @Test
  void aLaneComputesInTheArraysThatItHas() {
    try (Nd4jScratch scratch = new Nd4jScratch(1 << 20)) {
      long address = scratch.array(Slot.INPUT, 7, 9).data().address();
      assertThat(scratch.array(Slot.INPUT, 5, 3).data().address()).isEqualTo(address);
      assertThat(scratch.array(Slot.OUTPUT, 5, 3).data().address()).isNotEqualTo(address);
      assertThat(scratch.bytes()).isEqualTo((7 * 9 + 5 * 3) * Float.BYTES);
    }
  }

  /**
   * Some calls first, for what ND4J and the JVM allocate once. A leak shows in every round; a heap
   * that spreads over pages it had committed but never touched shows in one.
   */
  private static void assertFlat(int times, IntConsumer call) {
    for (int i = 0; i < times / 4; i++) {
      call.accept(i);
    }
    for (int round = 1; ; round++) {
      long tracked = Pointer.totalBytes();
      long resident = residentBeyondHeap();
      for (int i = 0; i < times; i++) {
        call.accept(i);
      }
      long trackedGrowth = Pointer.totalBytes() - tracked;
      long residentGrowth = residentBeyondHeap() - resident;
      if (round == ROUNDS) {
        assertThat(trackedGrowth).as("bytes that JavaCPP counts").isLessThan(TRACKED_MARGIN);
        assertThat(residentGrowth).as("resident bytes").isLessThan(MARGIN);
      }
      if (trackedGrowth < TRACKED_MARGIN && residentGrowth < MARGIN) {
        return;
      }
    }
  }

  /** What the heap may have grown by is not ours. */
  private static long residentBeyondHeap() {
    return Pointer.physicalBytes()
        - ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getCommitted();
  }

  private static NetworkInput input(Network model, int batch, int time) {
    return new NetworkInput(
        batch,
        time,
        new float[batch * time * model.signature().inputSize()],
        null,
        null,
        RecurrentState.zero(model.signature().state(), batch));
  }

  /** With every kind of array that a call can need. */
  private static Network model(int size) {
    CellConfig cell =
        CellConfig.builder(size, size)
            .peepholes(true)
            .projectionSize(size)
            .recurrentActivation(new Activation(Activation.Kind.ELU, 1, 0))
            .cellClip(1)
            .build();
    CellWeights weights =
        new CellWeights(
            new float[4 * size * size],
            new float[4 * size * size],
            new float[4 * size],
            new float[3 * size],
            new float[size * size]);
    return Network.chain(
        "memory",
        List.of(
            Layer.Recurrent.of(new LstmCell(cell, weights)),
            new Layer.LayerNorm(1e-3f, new float[size], new float[size]),
            new Layer.Dense(
                size, size, Activation.SOFTMAX, new float[size * size], new float[size])),
        true,
        Summary.LAST_STEP);
  }
}

package dev.keepgate.kernel.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keepgate.kernel.IdleThreads;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two threads at the parts of a stack, and what comes between. */
class LayerPipelineTest {

  private final CpuKernel kernel = new CpuKernel(Tunings.NOT_PACKING);
  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private final CpuScratch own = (CpuScratch) kernel.newScratch();
  private final CpuScratch other = (CpuScratch) kernel.newScratch();
  private final List<String> taken = Collections.synchronizedList(new ArrayList<>());

  @BeforeAll
  static void load() {
    Backend.load(BlasOptions.DEFAULT);
  }

  @AfterEach
  void end() throws InterruptedException {
    thread.shutdown();
    assertThat(thread.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
    own.close();
    other.close();
  }

  /** Writes down what it takes, and who does. */
  private class Parts implements LayerPipeline.Parts {
    @Override
    public void lower(int block, CpuScratch scratch) {
      assertThat(scratch).isSameAs(own);
      taken.add("lower " + block);
    }

    @Override
    public void upper(int block, CpuScratch scratch) {
      assertThat(taken).contains("lower " + block);
      taken.add((scratch == own ? "own " : "helped ") + block);
    }
  }

  private static IdleThreads idle(Consumer<Consumer<Scratch>> offered, AtomicInteger wanted) {
    return new IdleThreads() {
      @Override
      public boolean offer(Consumer<Scratch> work) {
        offered.accept(work);
        return true;
      }

      @Override
      public boolean areWanted() {
        return wanted.decrementAndGet() < 0;
      }
    };
  }

  private IdleThreads another() {
    return idle(work -> thread.execute(() -> work.accept(other)), new AtomicInteger(99));
  }

  private List<String> of(String part) {
    return taken.stream().filter(each -> each.startsWith(part)).toList();
  }

  @Test
  void helperTakesTheUpperLayers() {
    CountDownLatch begun = new CountDownLatch(1);
    LayerPipeline pipeline =
        new LayerPipeline(
            new Parts() {
              @Override
              public void lower(int block, CpuScratch scratch) {
                super.lower(block, scratch);
                await(block == 1 ? begun : new CountDownLatch(0));
              }

              @Override
              public void upper(int block, CpuScratch scratch) {
                // While the second block is with the lower layers.
                begun.countDown();
                super.upper(block, scratch);
              }
            });
    assertThat(pipeline.run(4, another(), own)).isEqualTo(4);
    assertThat(of("lower")).containsExactly("lower 0", "lower 1", "lower 2", "lower 3");
    assertThat(of("helped")).containsExactly("helped 0", "helped 1", "helped 2", "helped 3");
    assertThat(of("own")).isEmpty();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void callerGoesOnWithoutAHelperThatComesLate() {
    List<Consumer<Scratch>> late = new ArrayList<>();
    LayerPipeline pipeline = new LayerPipeline(new Parts());
    assertThat(pipeline.run(2, idle(late::add, new AtomicInteger(99)), own)).isEqualTo(2);
    late.get(0).accept(other);
    assertThat(taken).containsExactly("lower 0", "lower 1", "own 0", "own 1");
  }

  @Test
  void endsWhereOthersWantTheHelper() {
    LayerPipeline pipeline = new LayerPipeline(new Parts());
    assertThat(pipeline.run(9, idle(work -> {}, new AtomicInteger(2)), own)).isEqualTo(3);
    assertThat(of("own")).containsExactly("own 0", "own 1", "own 2");
  }

  @Test
  void nobodyHelps() {
    assertThat(new LayerPipeline(new Parts()).run(9, IdleThreads.NONE, own)).isZero();
    assertThat(taken).isEmpty();
  }

  @Test
  void failureOfTheOtherIsTheCallers() {
    LayerPipeline pipeline =
        new LayerPipeline(
            new Parts() {
              @Override
              public void upper(int block, CpuScratch scratch) {
                throw new IllegalArgumentException("upper " + block);
              }
            });
    assertThatThrownBy(() -> pipeline.run(3, another(), own))
        .isInstanceOfAny(IllegalStateException.class, IllegalArgumentException.class)
        .satisfies(
            e ->
                assertThat(e.getCause() == null ? e : e.getCause())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("upper 0"));
  }

  /** The rows are the caller's again once it has failed. */
  @Test
  void helperHasLeftWhenTheCallerFails() {
    CountDownLatch begun = new CountDownLatch(1);
    AtomicInteger left = new AtomicInteger();
    LayerPipeline pipeline =
        new LayerPipeline(
            new Parts() {
              @Override
              public void lower(int block, CpuScratch scratch) {
                if (block == 1) {
                  await(begun);
                  throw new IllegalArgumentException("lower");
                }
              }

              @Override
              public void upper(int block, CpuScratch scratch) {
                begun.countDown();
                try {
                  Thread.sleep(50);
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
                left.incrementAndGet();
              }
            });
    assertThatThrownBy(() -> pipeline.run(3, another(), own))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("lower");
    assertThat(left).hasValue(1);
  }

  @Test
  void interruptDoesNotEndTheWait() {
    LayerPipeline pipeline = new LayerPipeline(new Parts());
    Thread.currentThread().interrupt();
    assertThat(pipeline.run(5, another(), own)).isEqualTo(5);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(of("lower")).hasSize(5);
    assertThat(taken).hasSize(10);
  }
}

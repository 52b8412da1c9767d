package dev.keepgate.sequence;

import dev.keepgate.listener.Listeners;
import dev.keepgate.model.ModelId;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.sequence.SequenceListener.End;
import dev.keepgate.sequence.SequenceProperties.WhenFull;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jetbrains.lincheck.util.LoggingLevel;
import org.junit.jupiter.api.Test;

/**
 * Whatever calls meet on one id of the store in memory, their answers are those that they would
 * have had one after the other; each sequence that began has ended once, and nothing is left.
 * Lincheck makes up the calls, and in model checking all orders of their steps up to a bound.
 *
 * <p>An integration test, as no Spring context may share its JVM: Lincheck rewrites classes, whose
 * constructors then have no names of parameters to bind properties to.
 */
public class SequenceStoreLinearizabilityIT {

  private static final ModelId MODEL = new ModelId("cell", 1);
  private static final Duration TTL = Duration.ofMinutes(1);
  private static final SequenceId ID = new SequenceId("a");

  private final AtomicInteger ended = new AtomicInteger();
  private final AtomicInteger created = new AtomicInteger();
  private final TestClock clock = new TestClock();
  private final InMemorySequenceStore store =
      new InMemorySequenceStore(
          SequenceStoreContract.properties(10, 10, 1 << 20, WhenFull.REJECT),
          clock::ticks,
          new Listeners<>(
              List.of(
                  new SequenceListener() {
                    @Override
                    public void ended(ModelId model, End end) {
                      ended.incrementAndGet();
                    }
                  })));

  /** Never at once with {@link #expire}: it looks at the clock before the store does. */
  @Operation(nonParallelGroup = "time")
  public String open() {
    return answer(
        () -> {
          RecurrentState state = TestStates.lstm(1, new float[1][2], new float[1][2]);
          store.create(
              Sequence.open(
                  ID,
                  new ModelContent(MODEL, null),
                  1,
                  TTL,
                  clock.instant(),
                  new Sequence.Progress(0, state, null)));
          created.incrementAndGet();
          return "opened";
        });
  }

  @Operation
  public String step() {
    return answer(
        () -> {
          Sequence now;
          Sequence next;
          do {
            now = store.find(ID);
            StepResult last = new StepResult(false, 1, false, true, new float[2]);
            next = now.after(last, now.state(), clock.instant());
          } while (!store.replace(now, next));
          return "step " + next.step();
        });
  }

  @Operation
  public String read() {
    return answer(() -> "at " + store.find(ID).step());
  }

  @Operation
  public String delete() {
    return answer(
        () -> {
          store.remove(ID);
          return "deleted";
        });
  }

  @Operation(nonParallelGroup = "time")
  public void expire() {
    clock.pass(TTL);
  }

  @Operation
  public void reap() {
    store.reap();
  }

  private static String answer(Supplier<String> call) {
    try {
      return call.get();
    } catch (SequenceException e) {
      return e.getClass().getSimpleName();
    }
  }

  /** After each run. */
  @Validate
  public void endsWithNothingLeft() {
    clock.pass(TTL);
    store.reap();
    // Said without a library of assertions: Lincheck would follow it.
    SequenceUsage left = store.usage();
    if (left.open() != 0 || left.bytes() != 0 || left.oldest() != null) {
      throw new IllegalStateException("left: " + left);
    }
    if (ended.get() != created.get()) {
      throw new IllegalStateException(created + " were created, " + ended + " have ended");
    }
  }

  @Test
  void holdsInEveryOrder() {
    new ModelCheckingOptions()
        .threads(3)
        .actorsBefore(1)
        .actorsPerThread(3)
        .actorsAfter(1)
        .iterations(10)
        .invocationsPerIteration(100)
        .logLevel(LoggingLevel.ERROR)
        .check(SequenceStoreLinearizabilityIT.class);
  }

  @Test
  void holdsUnderStress() {
    new StressOptions()
        .threads(3)
        .actorsBefore(1)
        .actorsPerThread(3)
        .actorsAfter(1)
        .iterations(40)
        .invocationsPerIteration(500)
        .logLevel(LoggingLevel.ERROR)
        .check(SequenceStoreLinearizabilityIT.class);
  }
}

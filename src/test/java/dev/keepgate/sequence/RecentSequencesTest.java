package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.inference.ErrorCode;
import dev.keepgate.inference.InferenceException.SequenceRefused;
import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.LocalServer;
import dev.keepgate.inference.RequestDecoder;
import dev.keepgate.listener.Listeners;
import dev.keepgate.model.ModelId;
import dev.keepgate.security.Caller;
import dev.keepgate.sequence.SequenceStoreListener.Operation;
import dev.keepgate.sequence.SequenceStoreListener.Outcome;
import dev.keepgate.tensor.TensorFormatException;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two servers of one store, each of which remembers what it put there. */
class RecentSequencesTest {

  private static final ModelId MODEL = LocalServer.MODEL;
  private static final ModelId OTHER_MODEL = new ModelId("lstm", 2);

  /** Of the random comparison; more, until what is rare has come. */
  private static final int CALLS = 3000;

  @TempDir Path folder;

  private final AtomicInteger finds = new AtomicInteger();
  private final AtomicInteger conflicts = new AtomicInteger();

  /** Whether the next answer to a change is lost on its way. */
  private final AtomicBoolean losesAnswer = new AtomicBoolean();

  private final SequenceStore shared =
      new TimedSequenceStore(
          losing(
              new InMemorySequenceStore(
                  LocalServer.properties(), System::nanoTime, Listeners.none())),
          new Listeners<>(List.of(this::asked)));
  private LocalServer one;
  private LocalServer other;

  private SequenceStore losing(SequenceStore store) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          Object answer;
          try {
            answer = method.invoke(store, arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
          if (method.getName().equals("replace") && losesAnswer.getAndSet(false)) {
            throw new SequenceException.Unavailable("the store does not answer", null);
          }
          return answer;
        };
    return (SequenceStore)
        Proxy.newProxyInstance(
            SequenceStore.class.getClassLoader(), new Class<?>[] {SequenceStore.class}, handler);
  }

  private void asked(Operation operation, Outcome outcome, Duration took) {
    if (operation == Operation.FIND) {
      finds.incrementAndGet();
    } else if (operation == Operation.REPLACE && outcome == Outcome.REFUSED) {
      conflicts.incrementAndGet();
    }
  }

  @BeforeEach
  void start() throws IOException {
    one = server("one");
    other = server("other");
  }

  @AfterEach
  void stop() throws IOException {
    one.close();
    other.close();
  }

  private LocalServer server(String name) throws IOException {
    LocalServer server =
        new LocalServer(
            folder.resolve(name),
            new RecentSequenceStore(shared, 1 << 20),
            LocalServer.properties(),
            new SequenceListener() {},
            1);
    server.put(MODEL, 1);
    server.put(OTHER_MODEL, 2);
    return server;
  }

  private static float[] output(InferenceResult result) {
    return result.output().output();
  }

  private static void steps(LocalServer server, String id, int count) {
    for (int i = 0; i < count; i++) {
      server.step(id);
    }
  }

  /** What the n-th step of a new sequence gives, on a server that no other disturbs. */
  private float[] outputOfStep(ModelId model, int step) {
    other.open(model, "expected", 0);
    steps(other, "expected", step - 1);
    float[] output = output(other.step("expected"));
    other.sequences.delete("expected", Caller.ANYBODY);
    return output;
  }

  @Test
  void afterFiveStepsTheStoreIsAskedOnceAStep() {
    one.open(MODEL, "a", 0);
    steps(one, "a", 5);
    finds.set(0);
    steps(one, "a", 19);
    InferenceResult last = one.step("a");
    assertThat(finds).hasValue(0);
    assertThat(conflicts).hasValue(0);
    assertThat(last.step()).isEqualTo(25);
    assertThat(output(last)).isEqualTo(outputOfStep(MODEL, 25));
  }

  @Test
  void whereServersTakeTurnsNoneComputesInVain() {
    one.open(MODEL, "a", 0);
    for (int i = 0; i < 20; i++) {
      steps(one, "a", 1);
      steps(other, "a", 1);
    }
    assertThat(one.sequences.find("a", Caller.ANYBODY).step()).isEqualTo(40);
    assertThat(conflicts).hasValue(0);
  }

  @Test
  void stepGoesOnFromWhereAnotherServerLeftTheSequence() {
    one.open(MODEL, "a", 0);
    steps(one, "a", 8);
    steps(other, "a", 1);
    InferenceResult tenth = one.step("a");
    assertThat(tenth.step()).isEqualTo(10);
    assertThat(conflicts).hasValue(1);
    assertThat(output(tenth)).isEqualTo(outputOfStep(MODEL, 10));
    finds.set(0);
    assertThat(one.step("a").step()).isEqualTo(11);
    assertThat(finds).as("looks after a step of another server").hasValue(1);
  }

  @Test
  void stepThatAnotherServerTookIsAnsweredAgain() {
    one.open(MODEL, "a", 0);
    steps(one, "a", 8);
    InferenceResult ninth = other.advance("a", 1, OptionalLong.of(9));
    InferenceResult again = one.advance("a", 1, OptionalLong.of(9));
    assertThat(again.step()).isEqualTo(9);
    assertThat(output(again)).isEqualTo(output(ninth));
    assertThat(one.sequences.find("a", Caller.ANYBODY).step()).isEqualTo(9);
  }

  @Test
  void stepWhoseAnswerTheStoreLostIsNotTakenTwice() {
    one.open(MODEL, "a", 0);
    steps(one, "a", 8);
    losesAnswer.set(true);
    assertThatExceptionOfType(SequenceRefused.class)
        .isThrownBy(() -> one.step("a"))
        .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.SEQUENCES_UNAVAILABLE));
    assertThat(one.sequences.find("a", Caller.ANYBODY).step()).isEqualTo(9);
    assertThat(one.advance("a", 1, OptionalLong.of(9)).step()).isEqualTo(9);
    assertThat(one.step("a").step()).isEqualTo(10);
  }

  @Test
  void whatAnotherServerDeletedIsGone() {
    one.open(MODEL, "a", 0);
    steps(one, "a", 8);
    other.sequences.delete("a", Caller.ANYBODY);
    for (int i = 0; i < 2; i++) {
      assertThatExceptionOfType(SequenceRefused.class)
          .isThrownBy(() -> one.step("a"))
          .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.SEQUENCE_NOT_FOUND));
    }
  }

  @Test
  void whatAnotherServerOpenedAnewIsStepped() {
    one.open(MODEL, "a", 0);
    steps(one, "a", 8);
    other.sequences.delete("a", Caller.ANYBODY);
    other.open(MODEL, "a", 100);
    InferenceResult first = one.step("a");
    assertThat(first.step()).isEqualTo(101);
    assertThat(output(first)).isEqualTo(outputOfStep(MODEL, 1));
  }

  /** Opens one that another server takes for what it was. */
  private void reopen(ModelId model) {
    one.open(MODEL, "a", 0);
    steps(one, "a", 8);
    other.sequences.delete("a", Caller.ANYBODY);
    other.open(model, "a", 0);
  }

  private static void assertCanBeSentAgain(ThrowingCallable call) {
    assertThatExceptionOfType(SequenceRefused.class)
        .isThrownBy(call)
        .withMessageContaining("opened anew, of model lstm/2")
        .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.SEQUENCES_UNAVAILABLE))
        .satisfies(e -> assertThat(e.retryAfter()).isPositive());
  }

  @Test
  void requestForWhatIsAnotherModelsNowDoesNothingAndCanBeSentAgain() {
    reopen(OTHER_MODEL);
    assertCanBeSentAgain(() -> one.step("a"));
    InferenceResult first = one.step("a");
    assertThat(first.step()).isEqualTo(1);
    assertThat(output(first)).isEqualTo(outputOfStep(OTHER_MODEL, 1));
  }

  @Test
  void soDoesOneThatNumbersItsSteps() {
    reopen(OTHER_MODEL);
    assertCanBeSentAgain(() -> one.advance("a", 1, OptionalLong.of(1)));
    InferenceResult first = one.advance("a", 1, OptionalLong.of(1));
    assertThat(first.step()).isEqualTo(1);
    assertThat(output(first)).isEqualTo(outputOfStep(OTHER_MODEL, 1));
  }

  @Test
  void whatIsNotRightForTheFormerModelMayBeForThisOne() {
    reopen(OTHER_MODEL);
    RequestDecoder refusing =
        (signature, memory) -> {
          throw new TensorFormatException("/x", "is not what it should be");
        };
    assertCanBeSentAgain(
        () -> one.advance("a", dev.keepgate.inference.Operation.STEP, null, refusing));
    assertThatExceptionOfType(TensorFormatException.class)
        .isThrownBy(() -> one.advance("a", dev.keepgate.inference.Operation.STEP, null, refusing));
    assertThat(one.step("a").step()).isEqualTo(1);
  }

  @Test
  void whatIsRefusedIsRefusedForWhatTheSequenceIs() {
    one.open(MODEL, "a", (1L << 53) - 8);
    steps(one, "a", 7);
    other.sequences.delete("a", Caller.ANYBODY);
    other.open(MODEL, "a", 0);
    // By what is remembered it has taken its last step.
    assertThat(one.step("a").step()).isEqualTo(1);
  }

  /**
   * Whatever happens to sequences on two servers happens to those of a third with a store of its
   * own, which has nothing to forget, and answers have to be equal.
   */
  @Test
  void answersAreThoseOfOneServer() throws IOException {
    long seed = Long.getLong("keepgate.seed", new Random().nextLong());
    System.out.println("RecentSequencesTest seed " + seed);
    Random random = new Random(seed);
    InMemorySequenceStore store =
        new InMemorySequenceStore(LocalServer.properties(), System::nanoTime, Listeners.none());
    int again = 0;
    try (LocalServer single =
        new LocalServer(
            folder.resolve("single"),
            store,
            LocalServer.properties(),
            new SequenceListener() {},
            1)) {
      single.put(MODEL, 1);
      single.put(OTHER_MODEL, 2);
      int server = 0;
      boolean isRareMissing = true;
      for (int i = 0; i < CALLS || (isRareMissing && i < 50 * CALLS); i++) {
        server = random.nextInt(10) == 0 ? 1 - server : server;
        Function<LocalServer, String> call = call(random);
        LocalServer asked = server == 0 ? one : other;
        String answer = call.apply(asked);
        if (answer.startsWith("SEQUENCES_UNAVAILABLE")) {
          again++;
          answer = call.apply(asked);
        }
        assertThat(answer).as("call " + i).isEqualTo(call.apply(single));
        isRareMissing = again == 0 || conflicts.get() == 0;
      }
    }
    assertThat(conflicts).as("steps from what was past").hasPositiveValue();
    assertThat(again).as("requests of another model").isPositive();
  }

  private static Function<LocalServer, String> call(Random random) {
    String id = "r" + random.nextInt(2);
    int kind = random.nextInt(40);
    ModelId model = random.nextBoolean() ? MODEL : OTHER_MODEL;
    float[] x = new float[LocalServer.INPUT * (random.nextInt(8) == 0 ? 2 : 1)];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat();
    }
    long from = random.nextInt(3);
    return server -> {
      try {
        return switch (kind) {
          case 0 -> {
            server.sequences.delete(id, Caller.ANYBODY);
            yield "deleted";
          }
          case 1, 2, 3 -> "at " + server.open(model, id, from).step();
          case 4 -> "at " + server.sequences.find(id, Caller.ANYBODY).step();
          case 5 -> {
            long step = server.sequences.find(id, Caller.ANYBODY).step();
            yield told(server.advance(id, x, OptionalLong.of(step), null));
          }
          case 6, 7, 8 -> {
            long step = server.sequences.find(id, Caller.ANYBODY).step() + 1;
            yield told(server.advance(id, x, OptionalLong.of(step), null));
          }
          default -> told(server.advance(id, x, OptionalLong.empty(), null));
        };
      } catch (SequenceRefused e) {
        return e.code() + " " + (e.code() == ErrorCode.SEQUENCES_UNAVAILABLE ? "" : e.getMessage());
      }
    };
  }

  private static String told(InferenceResult result) {
    return result.id() + " at " + result.step() + " " + Arrays.toString(output(result));
  }
}

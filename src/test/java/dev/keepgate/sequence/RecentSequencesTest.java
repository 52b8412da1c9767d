package dev.keepgate.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.inference.ErrorCode;
import dev.keepgate.inference.InferenceException.SequenceRefused;
import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.LocalServer;
import dev.keepgate.listener.Listeners;
import dev.keepgate.model.ModelId;
import dev.keepgate.security.Caller;
import dev.keepgate.sequence.SequenceStoreListener.Operation;
import dev.keepgate.sequence.SequenceStoreListener.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two servers of one store, each of which remembers what it put there. */
class RecentSequencesTest {

  private static final ModelId MODEL = LocalServer.MODEL;
  private static final ModelId OTHER_MODEL = new ModelId("lstm", 2);

  @TempDir Path folder;

  private final AtomicInteger finds = new AtomicInteger();
  private final AtomicInteger conflicts = new AtomicInteger();
  private final SequenceStore shared =
      new TimedSequenceStore(
          new InMemorySequenceStore(LocalServer.properties(), System::nanoTime, Listeners.none()),
          new Listeners<>(List.of(this::asked)));
  private LocalServer one;
  private LocalServer other;

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

  @Test
  void requestForWhatIsAnotherModelsNowDoesNothingAndCanBeSentAgain() {
    one.open(MODEL, "a", 0);
    steps(one, "a", 8);
    other.sequences.delete("a", Caller.ANYBODY);
    other.open(OTHER_MODEL, "a", 0);
    assertThatExceptionOfType(SequenceRefused.class)
        .isThrownBy(() -> one.step("a"))
        .withMessageContaining("opened anew, of model lstm/2")
        .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.SEQUENCES_UNAVAILABLE))
        .satisfies(e -> assertThat(e.retryAfter()).isPositive());
    InferenceResult first = one.step("a");
    assertThat(first.step()).isEqualTo(1);
    assertThat(output(first)).isEqualTo(outputOfStep(OTHER_MODEL, 1));
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
}

package dev.keepgate.inference;

import static dev.keepgate.inference.ErrorCode.SEQUENCE_MODEL_GONE;
import static dev.keepgate.inference.LocalServer.MODEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.inference.InferenceException.SequenceRefused;
import dev.keepgate.listener.Listeners;
import dev.keepgate.security.Caller;
import dev.keepgate.sequence.InMemorySequenceStore;
import dev.keepgate.sequence.ModelContent;
import dev.keepgate.sequence.Sequence;
import dev.keepgate.sequence.SequenceId;
import java.io.IOException;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sequences of servers that have one store, and models that they need not have from each other. */
class SequencesTest {

  @TempDir Path folder;

  private final InMemorySequenceStore store =
      new InMemorySequenceStore(LocalServer.properties(), System::nanoTime, Listeners.none());
  private LocalServer one;
  private LocalServer other;

  @BeforeEach
  void start() throws IOException {
    one = new LocalServer(folder.resolve("one"), store);
    other = new LocalServer(folder.resolve("other"), store);
    one.put(1);
  }

  @AfterEach
  void stop() throws IOException {
    one.close();
    other.close();
  }

  private static void assertOtherFiles(ThrowingCallable call) {
    assertThatExceptionOfType(SequenceRefused.class)
        .isThrownBy(call)
        .withMessageContaining("other files than model lstm/1 has here")
        .satisfies(e -> assertThat(e.code()).isEqualTo(SEQUENCE_MODEL_GONE));
  }

  @Test
  void sequenceIsNotSteppedWithOtherWeights() throws IOException {
    other.put(2);
    one.open("a", 0);
    float[] first = one.step("a").output().output();
    assertOtherFiles(() -> other.step("a"));
    assertOtherFiles(() -> other.sequences.fork("a", "b", null, Caller.ANYBODY));
    assertThat(one.sequences.find("a", Caller.ANYBODY).step()).isEqualTo(1);
    assertThat(one.step("a").output().output()).isNotEqualTo(first);
    other.sequences.delete("a", Caller.ANYBODY);
    other.open("a", 0);
    assertThat(other.step("a").output().output()).isNotEqualTo(first);
  }

  @Test
  void sequenceGoesOnWhereTheFilesAreTheSame() throws IOException {
    other.put(1);
    one.open("a", 0);
    one.step("a");
    assertThat(other.step("a").step()).isEqualTo(2);
    assertThat(one.step("a").step()).isEqualTo(3);
    assertThat(other.sequences.fork("a", "b", null, Caller.ANYBODY).step()).isEqualTo(3);
  }

  @Test
  void sequenceGoesOnAfterItsModelWasLoadedAgain() throws IOException {
    one.open("a", 0);
    one.step("a");
    one.registry.unload(MODEL.name());
    one.step("a");
    one.registry.load(MODEL.name());
    assertThat(one.step("a").step()).isEqualTo(3);
    one.open("b", 0);
    one.sequences.releaseDrainedModels();
    one.sequences.delete("a", Caller.ANYBODY);
    one.sequences.delete("b", Caller.ANYBODY);
    one.sequences.releaseDrainedModels();
    one.registry.remove(MODEL);
    one.sequences.releaseDrainedModels();
    assertThat(one.registry.memoryUsed()).as("memory of models that nobody holds").isZero();
  }

  @Test
  void sequenceOfAnEarlierBuildIsTakenOnAndBoundToWhatTookIt() throws IOException {
    other.put(2);
    one.open("a", 0);
    Sequence known = store.find(new SequenceId("a"));
    Sequence unknown =
        new Sequence(
            known.id(),
            new ModelContent(known.model(), null),
            known.batch(),
            known.lifetime(),
            known.progress(),
            known.revision() + 1);
    assertThat(store.replace(known, unknown)).isTrue();
    assertThat(other.step("a").step()).isEqualTo(1);
    assertOtherFiles(() -> one.step("a"));
    assertThat(other.step("a").step()).isEqualTo(2);
  }
}

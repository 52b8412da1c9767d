package dev.keepgate.inference;

import static dev.keepgate.inference.LocalServer.MODEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.listener.Listeners;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.sequence.InMemorySequenceStore;
import dev.keepgate.sequence.ModelContent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Versions that drain, and a store that is slow to say how many sequences are open. */
class PinnedModelsTest {

  private static final ModelContent ANY = new ModelContent(MODEL, null);

  @TempDir Path folder;

  private final AtomicLong open = new AtomicLong();
  private final AtomicReference<Runnable> beforeAnswer = new AtomicReference<>(() -> {});
  private LocalServer server;
  private PinnedModels models;

  @BeforeEach
  void start() throws IOException {
    server =
        new LocalServer(
            folder,
            new InMemorySequenceStore(
                LocalServer.properties(), System::nanoTime, Listeners.none()));
    server.put(1);
    models = new PinnedModels(server.registry, model -> count());
  }

  /** What a store says that counts first and answers later. */
  private long count() {
    long counted = open.get();
    beforeAnswer.getAndSet(() -> {}).run();
    return counted;
  }

  private ModelHandle acquire(ModelContent content) {
    return Objects.requireNonNull(models.acquire(content));
  }

  @AfterEach
  void stop() throws IOException {
    models.close();
    server.close();
  }

  @Test
  void versionDrainsUntilItsLastSequenceHasEnded() {
    open.set(1);
    try (ModelHandle handle = server.acquire()) {
      assertThat(models.pin(handle)).isTrue();
    }
    server.registry.remove(MODEL);
    models.releaseDrained();
    acquire(ANY).close();
    open.set(0);
    models.releaseDrained();
    assertThatExceptionOfType(RegistryException.NotFound.class).isThrownBy(() -> acquire(ANY));
    assertThat(server.registry.memoryUsed()).isZero();
  }

  @Test
  @Timeout(60)
  void stepDoesNotWaitForAStoreThatIsSlowToCount() throws Exception {
    try (ModelHandle handle = server.acquire()) {
      open.set(1);
      models.pin(handle);
      server.registry.remove(MODEL);
      CountDownLatch asked = new CountDownLatch(1);
      CountDownLatch answers = new CountDownLatch(1);
      beforeAnswer.set(
          () -> {
            asked.countDown();
            await(answers);
          });
      CompletableFuture<Void> release = CompletableFuture.runAsync(models::releaseDrained);
      asked.await();
      // Neither waits for the answer, which comes only afterwards.
      assertThat(models.pin(handle)).isTrue();
      acquire(ANY).close();
      assertThat(release).isNotDone();
      answers.countDown();
      release.get();
      acquire(ANY).close();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void sequenceThatIsOpenedWhileItsVersionIsLetGoKeepsIt() {
    try (ModelHandle handle = server.acquire()) {
      models.pin(handle);
      server.registry.remove(MODEL);
      beforeAnswer.set(
          () -> {
            open.set(1);
            assertThat(models.pin(handle)).isTrue();
          });
      models.releaseDrained();
      acquire(ANY).close();
    }
    models.releaseDrained();
    acquire(ANY).close();
    open.set(0);
    models.releaseDrained();
    assertThat(server.registry.memoryUsed()).isZero();
  }

  @Test
  void anotherModelOfTheNumberWaitsForTheSequencesOfTheFirst() throws IOException {
    open.set(1);
    String first;
    try (ModelHandle handle = server.acquire()) {
      models.pin(handle);
      first = handle.digest();
    }
    server.registry.remove(MODEL);
    server.put(2);
    try (ModelHandle handle = server.acquire()) {
      assertThat(handle.digest()).isNotEqualTo(first);
      assertThat(models.pin(handle)).isFalse();
      try (ModelHandle old = acquire(new ModelContent(MODEL, first));
          ModelHandle served = acquire(new ModelContent(MODEL, handle.digest()))) {
        assertThat(old.digest()).isEqualTo(first);
        assertThat(served.isSameModel(handle)).isTrue();
      }
      assertThat(models.acquire(new ModelContent(MODEL, "of others"))).isNull();
      open.set(0);
      assertThat(models.pin(handle)).isTrue();
    }
    assertThat(models.acquire(new ModelContent(MODEL, first))).isNull();
  }

  @Test
  void versionIsLetGoThoughAnotherModelHasItsNumber() throws IOException {
    try (ModelHandle handle = server.acquire()) {
      models.pin(handle);
    }
    server.registry.remove(MODEL);
    server.put(2);
    long both = server.registry.memoryUsed();
    models.releaseDrained();
    assertThat(server.registry.memoryUsed()).isEqualTo(both / 2);
  }
}

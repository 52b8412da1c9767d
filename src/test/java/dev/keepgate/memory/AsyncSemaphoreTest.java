package dev.keepgate.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AsyncSemaphoreTest {

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());

  @Test
  void servesWhoeverWaitsInTheirOrder() {
    AsyncSemaphore semaphore = new AsyncSemaphore(10);
    assertThat(semaphore.tryAcquire(7)).isTrue();
    CompletableFuture<@Nullable Void> large = semaphore.acquire(8);
    CompletableFuture<@Nullable Void> small = semaphore.acquire(1);
    assertThat(semaphore.tryAcquire(1)).as("nobody overtakes").isFalse();
    assertThat(small).isNotDone();
    semaphore.release(7);
    assertThat(large).isCompleted();
    assertThat(small).isCompleted();
    assertThat(semaphore.used()).isEqualTo(9);
  }

  @Test
  void whoGivesUpMakesWay() {
    AsyncSemaphore semaphore = new AsyncSemaphore(10);
    assertThat(semaphore.tryAcquire(7)).isTrue();
    CompletableFuture<@Nullable Void> large = semaphore.acquire(8);
    CompletableFuture<@Nullable Void> small = semaphore.acquire(3);
    assertThat(large.cancel(false)).isTrue();
    assertThat(small).isCompleted();
    assertThat(semaphore.waiting()).isZero();
    semaphore.release(7);
    semaphore.release(3);
    assertThat(semaphore.used()).isZero();
  }

  /** Whoever is granted permits at the moment that it gives up either has them, or never had. */
  @Test
  void losesAndInventsNoPermit() throws Exception {
    System.out.println("AsyncSemaphoreTest seed " + seed);
    AsyncSemaphore semaphore = new AsyncSemaphore(20);
    AtomicLong held = new AtomicLong();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Random random = new Random(seed + i);
      running.add(
          threads.submit(
              () -> {
                for (int round = 0; round < 20_000; round++) {
                  long permits = 1L + random.nextInt(12);
                  if (acquire(semaphore, permits, random)) {
                    assertThat(held.addAndGet(permits)).isBetween(permits, 20L);
                    held.addAndGet(-permits);
                    semaphore.release(permits);
                  }
                }
                return null;
              }));
    }
    for (Future<?> each : running) {
      each.get();
    }
    threads.shutdown();
    assertThat(semaphore.used()).isZero();
    assertThat(semaphore.waiting()).isZero();
  }

  private static boolean acquire(AsyncSemaphore semaphore, long permits, Random random)
      throws Exception {
    if (random.nextBoolean()) {
      return semaphore.tryAcquire(permits);
    }
    CompletableFuture<@Nullable Void> later = semaphore.acquire(permits);
    try {
      later.get(random.nextInt(20_000), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return !later.cancel(false) && !later.isCompletedExceptionally();
    }
  }
}

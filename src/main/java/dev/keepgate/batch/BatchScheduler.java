package dev.keepgate.batch;

import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.LstmOutput;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A fixed set of lanes that take tasks from one bounded queue.
 *
 * <p>A lane is a platform thread with a scratch of its own: native calls would pin a virtual
 * thread's carrier, and scratch memory is bounded by the number of lanes.
 */
public final class BatchScheduler implements AutoCloseable {

  private final LstmKernel kernel;
  private final BatchProperties properties;
  private final BlockingQueue<Entry> queue;
  private final List<Thread> lanes = new ArrayList<>();
  private volatile boolean closed;

  private record Entry(BatchTask task, CompletableFuture<BatchResult> result, long queuedAt) {}

  public BatchScheduler(LstmKernel kernel, BatchProperties properties) {
    this.kernel = kernel;
    this.properties = properties;
    this.queue = new LinkedBlockingQueue<>(properties.queueCapacity());
    for (int i = 0; i < properties.laneCount(); i++) {
      Thread lane = new Thread(this::runLane, "keepgate-lane-" + i);
      lane.setDaemon(true);
      lanes.add(lane);
      lane.start();
    }
  }

  /**
   * Queues a task; does not block. The future fails with {@link TaskExpiredException} past the
   * deadline, or with what the kernel threw. Cancelling it spares the work if no lane has begun it.
   *
   * @throws QueueFullException if the queue is full
   */
  public CompletableFuture<BatchResult> submit(BatchTask task) {
    Entry entry = new Entry(task, new CompletableFuture<>(), System.nanoTime());
    if (!queue.offer(entry)) {
      throw new QueueFullException(properties.queueCapacity());
    }
    return entry.result();
  }

  /** How many tasks wait. */
  public int queued() {
    return queue.size();
  }

  /** How many lanes compute. */
  public int laneCount() {
    return lanes.size();
  }

  /** Lets the lanes finish what they compute, and ends them; what waits is cancelled. */
  @Override
  public void close() {
    closed = true;
    lanes.forEach(Thread::interrupt);
    try {
      for (Thread lane : lanes) {
        lane.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Entry entry = queue.poll(); entry != null; entry = queue.poll()) {
      entry.result().cancel(false);
      entry.task().finished().run();
    }
  }

  private void runLane() {
    try (Scratch scratch = kernel.newScratch()) {
      while (!closed) {
        compute(queue.take(), scratch);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One task's failure is its own: the lane goes on, whatever the kernel throws. */
  private static void compute(Entry entry, Scratch scratch) {
    BatchTask task = entry.task();
    CompletableFuture<BatchResult> result = entry.result();
    try {
      long begun = System.nanoTime();
      if (result.isDone()) {
        return;
      }
      if (task.isLate(begun)) {
        result.completeExceptionally(new TaskExpiredException());
        return;
      }
      LstmOutput output =
          task.model().unroll(task.input(), task.returnSequences(), task.trace(), scratch);
      result.complete(
          new BatchResult(
              output,
              Duration.ofNanos(begun - entry.queuedAt()),
              Duration.ofNanos(System.nanoTime() - begun)));
    } catch (Throwable e) {
      result.completeExceptionally(e);
    } finally {
      task.finished().run();
    }
  }
}

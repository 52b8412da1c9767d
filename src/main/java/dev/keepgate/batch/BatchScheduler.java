package dev.keepgate.batch;

import dev.keepgate.kernel.LstmKernel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A fixed set of lanes that all models share.
 *
 * <p>A lane is a platform thread with a scratch of its own: native calls would pin a virtual
 * thread's carrier, and scratch memory is bounded by the number of lanes. What can go a step at a
 * time is batched with other requests' rows at every step; what cannot (a backward layer, masks, a
 * trace) is computed as a whole.
 */
public final class BatchScheduler implements AutoCloseable {

  private final LstmKernel kernel;
  private final BatchProperties properties;
  private final BatchListener listener;
  private final BatchQueues queues;
  private final List<Thread> lanes = new ArrayList<>();

  public BatchScheduler(LstmKernel kernel, BatchProperties properties, BatchListener listener) {
    this.kernel = kernel;
    this.properties = properties;
    this.listener = listener;
    this.queues = new BatchQueues(properties, System::nanoTime);
    for (int i = 0; i < properties.laneCount(); i++) {
      Thread lane = new Thread(this::runLane, "keepgate-lane-" + i);
      lane.setDaemon(true);
      lanes.add(lane);
      lane.start();
    }
  }

  /**
   * Queues a task; does not block. The future fails with {@link TaskExpiredException} past the
   * deadline, or with what the kernel threw. Once it is cancelled, the task's rows leave before
   * their next step.
   *
   * @throws QueueFullException if the model's queue is full
   */
  public CompletableFuture<BatchResult> submit(BatchTask task) {
    Submission submission = new Submission(task, queues.now());
    queues.offer(submission);
    return submission.result();
  }

  /** How many tasks wait. */
  public int queued() {
    return queues.waiting();
  }

  /** How many lanes compute. */
  public int laneCount() {
    return lanes.size();
  }

  /** Lets the lanes finish their step, and ends them; what is not finished is cancelled. */
  @Override
  public void close() {
    queues.close();
    try {
      for (Thread lane : lanes) {
        lane.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Submission submission : queues.drain()) {
      submission.result().cancel(false);
      submission.pieceDone(queues.now());
    }
  }

  private void runLane() {
    try (Lane lane = new Lane(kernel, queues, properties, listener)) {
      while (!queues.isClosed()) {
        if (!lane.turn() && !queues.await()) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

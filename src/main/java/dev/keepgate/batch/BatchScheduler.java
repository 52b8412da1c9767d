package dev.keepgate.batch;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
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
  private final Lines lines;
  private final BatchQueues queues;
  private final List<Thread> lanes = new ArrayList<>();

  public BatchScheduler(LstmKernel kernel, BatchProperties properties, BatchListener listener) {
    this.kernel = kernel;
    this.properties = properties;
    this.listener = listener;
    this.lines = new Lines(properties, System::nanoTime);
    this.queues = new BatchQueues(properties, System::nanoTime);
    for (int i = 0; i < properties.laneCount(); i++) {
      Thread lane = new Thread(this::runLane, "keepgate-lane-" + i);
      lane.setDaemon(true);
      lanes.add(lane);
      lane.start();
    }
  }

  /**
   * Takes a place among a model's requests, to be closed when the request is over; where all are
   * taken, waits for one for as long as is configured.
   *
   * @param deadline {@link System#nanoTime()} past which the request is not wanted any more
   * @throws QueueFullException if none became free
   * @throws TaskExpiredException if none became free before the deadline
   * @throws IllegalStateException if the scheduler is closed
   */
  public Place enter(CompiledModel model, OptionalLong deadline) throws InterruptedException {
    return lines.enter(model, deadline);
  }

  /**
   * Queues a task; does not block. The future fails with {@link TaskExpiredException} past the
   * deadline, or with what the kernel threw. Once it is cancelled, the task's rows leave before
   * their next step.
   *
   * @param place the task's, among the requests of its model
   * @throws IllegalStateException if the scheduler is closed
   */
  public CompletableFuture<BatchResult> submit(Place place, BatchTask task) {
    place.require(task.model());
    Submission submission = new Submission(task, queues.now());
    queues.offer(submission);
    return submission.result();
  }

  /** How many tasks wait for a lane. */
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
    lines.close();
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

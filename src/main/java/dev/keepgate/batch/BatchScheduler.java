package dev.keepgate.batch;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.listener.Listeners;
import dev.keepgate.model.NetworkInput;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A fixed set of workers that all models share.
 *
 * <p>A worker is a platform thread with a scratch of its own: native calls would pin a virtual
 * thread's carrier, and scratch memory is bounded by the number of workers. What can go a step at a
 * time is batched with other requests' rows at every step; what cannot (a backward layer, masks, a
 * trace) is computed as a whole.
 */
public final class BatchScheduler implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(BatchScheduler.class);

  private static final long RESTART_PAUSE = 100_000_000;

  /** Of weights that are read: about a millisecond's work, beside which waking a worker is dear. */
  private static final long LARGEST_LONE = 64L << 20;

  private final LstmKernel kernel;
  private final BatchProperties properties;
  private final Listeners<BatchListener> listeners;
  private final boolean callersCompute;
  private final AdmissionController admission;
  private final BatchQueues queues;

  /** Those that no thread computes with. At least as many as the queues count as free. */
  private final Deque<BatchWorker> idle = new ConcurrentLinkedDeque<>();

  /** One a place; guarded by this. */
  private final Thread[] workers;

  public BatchScheduler(
      LstmKernel kernel, BatchProperties properties, List<BatchListener> listeners) {
    this(kernel, properties, listeners, true);
  }

  /**
   * @param callersCompute whether {@link #compute} may use the calling thread: not where each
   *     thread that computes has threads of its own, or a GPU's context
   */
  BatchScheduler(
      LstmKernel kernel,
      BatchProperties properties,
      List<BatchListener> listeners,
      boolean callersCompute) {
    this.callersCompute = callersCompute;
    this.kernel = kernel;
    this.properties = properties;
    this.listeners = new Listeners<>(listeners);
    this.admission = new AdmissionController(properties, System::nanoTime);
    this.queues = new BatchQueues(properties, System::nanoTime);
    this.workers = new Thread[properties.workerCount()];
    for (int i = 0; i < workers.length; i++) {
      start(i);
    }
  }

  private synchronized void start(int place) {
    Thread worker = new Thread(() -> runWorker(place), "keepgate-worker-" + place);
    worker.setDaemon(true);
    workers[place] = worker;
    worker.start();
  }

  /**
   * Takes a permit for a request of a model, to be released when the request's work has left; where
   * all are taken, waits for one for as long as is configured.
   *
   * @param deadline {@link System#nanoTime()} past which the request is not wanted any more
   * @throws QueueFullException if none became free
   * @throws TaskExpiredException if none became free before the deadline
   * @throws IllegalStateException if the scheduler is closed
   */
  public Permit acquire(CompiledModel model, OptionalLong deadline) throws InterruptedException {
    return admission.acquire(model, deadline);
  }

  /** Takes a permit as {@link #acquire} does, without waiting; null where that would have to. */
  public @Nullable Permit tryAcquire(CompiledModel model) {
    return admission.tryAcquire(model);
  }

  /**
   * Queues a task; does not block. Its result fails with {@link TaskExpiredException} past the
   * deadline, or with what the kernel threw.
   *
   * @param model what computes it; it stays open until the owner is told of the end
   * @param returnSequences whether to answer every step
   * @param trace whether to answer the gates as well
   * @throws IllegalStateException if the scheduler is closed; the owner is then not told
   */
  public BatchTask submit(
      CompiledModel model,
      NetworkInput input,
      boolean returnSequences,
      boolean trace,
      TaskOwner owner) {
    BatchTask task = new BatchTask(model, input, returnSequences, trace, owner, queues.now());
    queues.offer(task);
    return task;
  }

  /**
   * Has a task computed that the calling thread will wait for. Where its model is idle, nothing
   * else waits and the task is small, the calling thread computes it, in the place of an idle
   * worker, so that no other thread has to wake; else it is queued as by {@link #submit}.
   *
   * @throws IllegalStateException if the scheduler is closed; the owner is then not told
   */
  public BatchTask compute(
      CompiledModel model,
      NetworkInput input,
      boolean returnSequences,
      boolean trace,
      TaskOwner owner) {
    BatchTask task = new BatchTask(model, input, returnSequences, trace, owner, queues.now());
    if (callersCompute && isSmall(task)) {
      BatchQueue queue = queues.offerLone(task);
      if (queue != null) {
        computeHere(queue, task);
      }
    } else {
      queues.offer(task);
    }
    return task;
  }

  private static boolean isSmall(BatchTask task) {
    double steps = (double) task.input().batch() * task.input().time();
    return steps * task.model().bytes() <= LARGEST_LONE && !task.owner().isBackground();
  }

  private void computeHere(BatchQueue queue, BatchTask task) {
    BatchWorker worker = idle.pop();
    try {
      worker.run(queue, task);
    } catch (RuntimeException | Error e) {
      log.error("A request's thread could not compute", e);
      worker.abandon(e);
    } finally {
      idle.push(worker);
      queues.takeBack();
    }
  }

  /**
   * Takes a task out of its queue that nobody waits for; its rows that are computed leave before
   * their next step.
   */
  public void cancel(BatchTask task) {
    if (task.result().cancel(false) || task.result().isCompletedExceptionally()) {
      queues.remove(task);
    }
  }

  /**
   * Whether there are workers enough for a task in the background that cannot go a step at a time:
   * it leaves one to steps, and one to whole tasks that somebody waits for.
   */
  public boolean takesWholeInBackground() {
    return queues.takesWholeInBackground();
  }

  /** How many tasks wait for a worker. */
  public int queued() {
    return queues.waiting();
  }

  /** How many requests have a permit. */
  public int admitted() {
    return admission.taken();
  }

  /** How many requests of the model that has the most have a permit. */
  public int mostAdmitted() {
    return admission.mostTaken();
  }

  /** How many requests of one model may have a permit. */
  public int admissionLimit() {
    return properties.queueCapacity();
  }

  /** Time that all workers together had work. */
  public Duration busyTime() {
    return Duration.ofNanos(queues.busyNanos());
  }

  /** How many workers there ought to be. */
  public int workerCount() {
    return workers.length;
  }

  /** How many workers there are. */
  public synchronized int workersAlive() {
    int alive = 0;
    for (Thread worker : workers) {
      alive += worker.isAlive() ? 1 : 0;
    }
    return alive;
  }

  /** Whether no worker has anything to do, nor a request's thread in the place of one. */
  boolean isIdle() {
    return queues.areIdle();
  }

  private synchronized List<Thread> workers() {
    return List.of(workers);
  }

  /** Lets the workers finish their step, and ends them; what is not finished is cancelled. */
  @Override
  public void close() {
    admission.close();
    queues.close();
    try {
      for (Thread worker : workers()) {
        worker.join();
      }
      queues.awaitLent();
      idle.forEach(BatchWorker::close);
      idle.clear();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (BatchTask task : new ArrayList<>(queues.tasks())) {
      task.result().cancel(false);
      queues.remove(task);
    }
  }

  /** Runs one worker; whatever ends it before its time, another takes its place. */
  private void runWorker(int place) {
    try {
      idle.push(new BatchWorker(kernel, queues, properties, listeners));
      while (queues.await()) {
        serve(idle.pop());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      log.error("Worker {} ended, another takes its place", place, e);
      listeners.tell(BatchListener::replaced);
      // One that fails at once must not keep a processor busy with failing.
      LockSupport.parkNanos(RESTART_PAUSE);
    } finally {
      if (!queues.isClosed()) {
        start(place);
      }
    }
  }

  private void serve(BatchWorker worker) {
    try {
      worker.assist();
      while (!queues.isClosed() && worker.runOnce()) {
        // A step, or a task as a whole.
      }
      idle.push(worker);
    } catch (RuntimeException | Error e) {
      worker.abandon(e);
      worker.close();
      throw e;
    }
  }
}

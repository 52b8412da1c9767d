package dev.keepgate.inference;

import dev.keepgate.batch.BatchScheduler;
import dev.keepgate.inference.ShadowListener.Outcome;
import dev.keepgate.listener.Listeners;
import dev.keepgate.model.ExpectedAnswers.Tolerance;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.Shadow;
import dev.keepgate.sequence.SequenceId;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests that wait for shadows, and the thread that has them computed one by one, in their
 * order, while workers have nothing else to do. What finds no room is dropped, never waited for.
 */
public final class ShadowQueue implements ShadowRequests, AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ShadowQueue.class);
  private static final long SWEEP_SECONDS = 10;

  private final ModelRegistry registry;
  private final ShadowComputation computation;
  private final Tolerance tolerance;
  private final long maxWait;
  private final Listeners<ShadowListener> listeners;
  private final ShadowMemory memory;
  private final ShadowSequences sequences;
  private final ShadowLog differences = new ShadowLog();

  /** A {@link ShadowRequest}, or a {@link SequenceId} that was ended. */
  private final BlockingQueue<Object> queue;

  private final Thread thread;
  private volatile int followed;
  private volatile boolean isUsed;

  public ShadowQueue(
      ModelRegistry registry,
      BatchScheduler scheduler,
      ShadowProperties properties,
      Listeners<ShadowListener> listeners) {
    this.registry = registry;
    this.memory = new ShadowMemory(properties.maxMemory().toBytes());
    this.computation = new ShadowComputation(scheduler, memory);
    this.tolerance = properties.tolerance();
    this.maxWait = properties.maxWait().toNanos();
    this.listeners = listeners;
    this.sequences = new ShadowSequences(properties.maxSequences(), memory);
    this.queue = new ArrayBlockingQueue<>(properties.maxQueued());
    this.thread = new Thread(this::run, "keepgate-shadow");
    thread.setDaemon(true);
    thread.start();
  }

  /** How many requests wait. */
  public int queued() {
    return queue.size();
  }

  /** Bytes that are held. */
  public long memoryUsed() {
    return memory.used();
  }

  /** How many states of sequences are kept. */
  public int followed() {
    return followed;
  }

  @Override
  public void answered(InferenceCall call, InferenceRequest request, InferenceResult result) {
    List<Shadow> shadows = registry.shadows(result.id());
    if (shadows.isEmpty()) {
      return;
    }
    ShadowRequest.Step step = call.stepTaken();
    if (call.sequence() != null && step == null) {
      // It was answered again, and took no step.
      return;
    }
    for (Shadow shadow : shadows) {
      if (!shadow.model().equals(result.id()) && isSampled(shadow, step)) {
        offer(shadow, request, result, step);
      }
    }
  }

  /** A sequence is followed from its first step to its last, or not at all. */
  private static boolean isSampled(Shadow shadow, ShadowRequest.@Nullable Step step) {
    return (step == null
            ? ThreadLocalRandom.current().nextDouble()
            : ModelRequest.point(step.id().hashCode()))
        < shadow.share();
  }

  private void offer(
      Shadow shadow,
      InferenceRequest request,
      InferenceResult result,
      ShadowRequest.@Nullable Step step) {
    if (step == null && request.state() != null) {
      // The state is the served version's: what another makes of it says nothing.
      tell(shadow, Outcome.UNFOLLOWED);
      return;
    }
    isUsed = true;
    ShadowRequest next = ShadowRequest.of(shadow, request, result, step);
    if (!memory.tryTake(next.bytes())) {
      tell(shadow, Outcome.DROPPED);
    } else if (!queue.offer(next)) {
      memory.giveBack(next.bytes());
      tell(shadow, Outcome.DROPPED);
    }
  }

  @Override
  public void ended(SequenceId sequence) {
    if (isUsed) {
      // Where there is no room to say so, its state goes when the sequence would have expired.
      var unused = queue.offer(sequence);
    }
  }

  private void run() {
    try {
      while (true) {
        handle(queue.poll(SWEEP_SECONDS, TimeUnit.SECONDS));
      }
    } catch (InterruptedException e) {
      log.debug("No more is sent to shadows");
    }
  }

  /** Whatever fails, the thread goes on: without it all that follows would be dropped. */
  private void handle(@Nullable Object next) throws InterruptedException {
    try {
      if (next instanceof ShadowRequest request) {
        take(request);
      } else if (next instanceof SequenceId ended) {
        sequences.end(ended);
      } else {
        sequences.expire(System.nanoTime());
      }
      followed = sequences.size();
    } catch (RuntimeException | Error e) {
      log.error("Shadows go on after a failure", e);
    }
  }

  private void take(ShadowRequest next) throws InterruptedException {
    try {
      compare(next);
    } catch (ShadowComputation.DroppedException e) {
      tell(next.shadow(), Outcome.DROPPED);
    } catch (InferenceException | RegistryException e) {
      fail(next, String.valueOf(e.getMessage()));
    } catch (RuntimeException | Error e) {
      log.warn("A shadow's request failed", e);
      fail(next, e.toString());
    } finally {
      memory.giveBack(next.bytes());
    }
  }

  private void compare(ShadowRequest next)
      throws ShadowComputation.DroppedException, InterruptedException {
    try (ModelHandle handle = registry.acquire(new ModelRequest.Specific(next.shadow().model()))) {
      ShadowRequest.Step step = next.step();
      RecurrentState state = null;
      if (step != null) {
        state = sequences.take(key(next, step), step.from(), handle.digest());
        if (state == null && !step.begins()) {
          tell(next.shadow(), Outcome.UNFOLLOWED);
          return;
        }
      }
      InferenceRequest request = next.to(handle.signature());
      if (request == null) {
        fail(next, "it has other inputs");
        return;
      }
      NetworkOutput output = computation.compute(handle, request, state, next.queuedAt() + maxWait);
      if (step != null && !step.ends()) {
        sequences.put(key(next, step), step, handle.digest(), output.state());
      }
      tell(next, handle, request, output);
    }
  }

  private static ShadowSequences.Key key(ShadowRequest next, ShadowRequest.Step step) {
    return new ShadowSequences.Key(next.shadow().label(), step.id());
  }

  private void tell(
      ShadowRequest next, ModelHandle handle, InferenceRequest request, NetworkOutput output) {
    InputValidator.Size size = new InputValidator(handle.signature(), request).size();
    InferenceResult.Shape shape =
        new InferenceResult.Shape(
            request.operation(),
            size.batch(),
            size.time(),
            request.returnsSequences(handle.signature()),
            size.batched(),
            request.options().units());
    ShadowDifference found =
        ShadowDifference.of(
            next.served().outputs(),
            InferenceResult.outputs(handle.signature(), shape, output),
            tolerance);
    if (found == null) {
      fail(next, "its answer has another shape, or numbers that are not finite");
      return;
    }
    if (found.isBeyond()) {
      differences.different(next.shadow(), next.served().model(), found);
    }
    Outcome outcome = found.isBeyond() ? Outcome.DIFFERENT : Outcome.SAME;
    listeners.tell(each -> each.shadowed(next.shadow(), outcome, found.largest()));
  }

  private void fail(ShadowRequest next, String cause) {
    differences.failed(next.shadow(), next.served().model(), cause);
    tell(next.shadow(), Outcome.FAILED);
  }

  private void tell(Shadow shadow, Outcome outcome) {
    listeners.tell(each -> each.shadowed(shadow, outcome, Double.NaN));
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

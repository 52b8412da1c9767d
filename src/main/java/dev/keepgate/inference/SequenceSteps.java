package dev.keepgate.inference;

import dev.keepgate.inference.InferenceException.CannotDetect;
import dev.keepgate.inference.InferenceException.CannotStep;
import dev.keepgate.inference.InferenceException.InvalidInput;
import dev.keepgate.inference.InferenceException.NotFinite;
import dev.keepgate.inference.InferenceException.SequenceRefused;
import dev.keepgate.inference.InferenceException.TooLarge;
import dev.keepgate.listener.Listeners;
import dev.keepgate.memory.RequestMemory;
import dev.keepgate.memory.TooMuchMemoryException;
import dev.keepgate.sequence.Sequence;
import dev.keepgate.sequence.SequenceException;
import dev.keepgate.sequence.SequenceId;
import dev.keepgate.sequence.SequenceListener;
import dev.keepgate.sequence.SequenceLocks;
import dev.keepgate.sequence.SequenceProperties;
import dev.keepgate.sequence.SequenceStore;
import dev.keepgate.sequence.StepResult;
import java.time.Clock;
import java.util.OptionalLong;
import java.util.concurrent.TimeoutException;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Takes sequences on.
 *
 * <p>Steps of one sequence run one after the other in one process. Between processes the store's
 * compare and set decides: who computed from a state that is no longer the last computes again. So
 * a step is applied wholly and once, whoever computes it, and may begin from what this process
 * remembers. What is refused is refused for what the store has.
 */
final class SequenceSteps {

  private final Computation computation;
  private final SequenceStore store;
  private final SequenceProperties properties;
  private final Listeners<SequenceListener> listeners;
  private final PinnedModels models;
  private final Clock clock;
  private final SequenceLocks locks;

  /**
   * Where a step begins.
   *
   * @param isCurrent whether the store itself was asked
   */
  private record Begin(Sequence sequence, boolean isCurrent) {}

  /**
   * A step that is still to be applied.
   *
   * @param after null where it was applied before
   */
  private record Computed(Sequence before, @Nullable Sequence after, InferenceResult result) {}

  /** A request to take a sequence on. */
  private record Asked(
      InferenceCall call, InferenceRequest request, LongUnaryOperator encodedBytes) {

    int time() {
      return new InputValidator(call.signature(), request).size().time();
    }

    OptionalLong step() {
      return request.options().step();
    }
  }

  SequenceSteps(
      Computation computation,
      SequenceStore store,
      SequenceProperties properties,
      Listeners<SequenceListener> listeners,
      PinnedModels models,
      Clock clock) {
    this.computation = computation;
    this.store = store;
    this.properties = properties;
    this.listeners = listeners;
    this.models = models;
    this.clock = clock;
    this.locks = new SequenceLocks(properties.maxWaiting());
  }

  /**
   * Takes a sequence on by a step, or by the steps of a chunk. Where the number that the request
   * gives its last step is the last that was taken, the stored answer is given again.
   *
   * @param encodedBytes what encoding the result takes, by how many numbers it has
   * @throws InferenceException if the step was not taken
   * @throws SequenceException if the store has no such sequence, or no room for what it becomes, or
   *     does not answer
   */
  InferenceResult advance(
      InferenceCall call,
      Sequences.Found found,
      InferenceRequest request,
      LongUnaryOperator encodedBytes) {
    SequenceId id = found.sequence().id();
    try (SequenceLocks.Lock lock = locks.acquire(id, call.deadline())) {
      Begin first = lock.waited() ? latest(id) : new Begin(found.sequence(), found.isCurrent());
      return advance(new Asked(call, request, encodedBytes), first);
    } catch (TimeoutException e) {
      throw new InferenceException.DeadlineExceeded();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InferenceException.ShuttingDown(e);
    }
  }

  private Begin latest(SequenceId id) {
    Sequence recent = store.recent(id);
    return recent == null ? current(id) : new Begin(recent, false);
  }

  private Begin current(SequenceId id) {
    return new Begin(store.find(id), true);
  }

  private InferenceResult advance(Asked asked, Begin first) {
    RequestMemory memory = asked.call().memory();
    long sent = memory.taken();
    Begin from = first;
    while (true) {
      Computed computed = null;
      try {
        computed = compute(asked, from);
      } catch (InvalidInput
          | NotFinite
          | TooLarge
          | CannotStep
          | CannotDetect
          | SequenceRefused
          | TooMuchMemoryException e) {
        if (from.isCurrent()) {
          throw e;
        }
      }
      // Where this fails nobody knows whether the step was taken, so it is not tried again.
      if (computed != null && apply(asked, computed)) {
        return computed.result();
      }
      // What was made of the request for the first attempt is made again.
      memory.giveBack(memory.taken() - sent);
      from = current(first.sequence().id());
    }
  }

  private Computed compute(Asked asked, Begin from) {
    InferenceCall call = asked.call();
    Sequence now = from.sequence();
    requireSameModel(call, now);
    int time = asked.time();
    OptionalLong step = asked.step();
    if (step.isPresent() && step.getAsLong() != now.step() + time) {
      // What was found before the turn came may be older than what the client knows.
      now = store.find(now.id());
      requireSameModel(call, now);
    }
    StepResult last = now.last();
    if (step.isPresent() && step.getAsLong() == now.step() && last != null) {
      listeners.tell(listener -> listener.repeated(call.model()));
      return new Computed(
          now, null, RepeatedStep.result(call, now, last, asked.request().options().units()));
    }
    requireStep(now, time, step);
    Computation.Kept kept = new Computation.Kept(now.state(), now.batch(), now.lastStep());
    InferenceResult result =
        computation.begin(call, asked.request(), kept, asked.encodedBytes()).result();
    Sequence next = next(call, now, asked.request(), result);
    return new Computed(now, next, result.atStep(next.step()));
  }

  /**
   * @return false if another change of the sequence came first
   */
  private boolean apply(Asked asked, Computed computed) {
    Sequence next = computed.after();
    if (next == null) {
      return true;
    }
    InferenceCall call = asked.call();
    Sequence now = computed.before();
    if (!replace(call, now, next)) {
      return false;
    }
    models.pin(call.handle());
    call.stepped(now, next);
    int time = Math.toIntExact(next.step() - now.step());
    listeners.tell(listener -> listener.stepped(call.model(), time));
    return true;
  }

  private boolean replace(InferenceCall call, Sequence before, Sequence after) {
    long asked = System.nanoTime();
    try {
      return store.replace(before, after);
    } finally {
      call.context().addTo(Stage.STORE, System.nanoTime() - asked);
    }
  }

  /**
   * While a step waits, its sequence may be deleted and its id go to another model's, whose steps
   * are read otherwise.
   *
   * @throws SequenceRefused if that is so
   */
  void requireSameModel(InferenceCall call, Sequence now) {
    if (!now.model().equals(call.model()) || !now.content().fits(call.handle().digest())) {
      throw refused(
          ErrorCode.SEQUENCES_UNAVAILABLE,
          "sequence %s was deleted and opened anew, of model %s, a moment ago; this request did nothing and can be sent again"
              .formatted(now.id(), now.model()));
    }
  }

  /**
   * @param step the number that the request's last step has; empty for any
   */
  private void requireStep(Sequence now, int time, OptionalLong step) {
    if (time > StepNumber.MAX - now.step()) {
      throw refused(
          ErrorCode.OUT_OF_STEP,
          "sequence %s is at step %d and steps are numbered up to %d, so it cannot take %d more; export its state and open a sequence that begins at a smaller step"
              .formatted(now.id(), now.step(), StepNumber.MAX, time));
    }
    long next = now.step() + time;
    if (step.isPresent() && step.getAsLong() != next) {
      throw refused(
          ErrorCode.OUT_OF_STEP,
          "sequence %s is at step %d, so this can become step %d, not %d%s"
              .formatted(
                  now.id(),
                  now.step(),
                  next,
                  step.getAsLong(),
                  step.getAsLong() == now.step()
                      ? "; the answer of step " + now.step() + " is not kept"
                      : ""));
    }
  }

  private Sequence next(
      InferenceCall call, Sequence now, InferenceRequest request, InferenceResult result) {
    Sequence next = SequenceProgress.after(now, call.handle(), request, result, clock.instant());
    if (next.bytes() > properties.maxSequenceBytes().toBytes()) {
      throw new TooLarge(next.bytes(), properties.maxSequenceBytes().toBytes());
    }
    return next;
  }

  private SequenceRefused refused(ErrorCode code, String message) {
    return new SequenceRefused(code, message, properties.retryAfter(), null);
  }
}

package dev.keepgate.inference;

import dev.keepgate.inference.InferenceException.FieldError;
import dev.keepgate.inference.InferenceException.InvalidInput;
import dev.keepgate.inference.InferenceException.SequenceRefused;
import dev.keepgate.inference.InferenceException.SequenceRefused.Reason;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.LstmOutput;
import dev.keepgate.model.LstmState;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.sequence.Sequence;
import dev.keepgate.sequence.SequenceClaims;
import dev.keepgate.sequence.SequenceException;
import dev.keepgate.sequence.SequenceId;
import dev.keepgate.sequence.SequenceListener;
import dev.keepgate.sequence.SequenceProperties;
import dev.keepgate.sequence.SequenceStore;
import dev.keepgate.sequence.StepAnswer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sequences whose state the server keeps.
 *
 * <p>Steps of one sequence run one after the other in one process. Between processes the store's
 * compare and set decides: who computed from a state that is no longer the last computes again. So
 * a step is applied wholly and once, whoever computes it.
 */
public final class Sequences implements AutoCloseable {

  private final Inference inference;
  private final SequenceStore store;
  private final SequenceProperties properties;
  private final SequenceListener listener;
  private final Clock clock;
  private final SequenceClaims claims;
  private final PinnedModels models;
  private volatile boolean draining;

  public Sequences(
      ModelRegistry registry,
      Inference inference,
      SequenceStore store,
      SequenceProperties properties,
      SequenceListener listener,
      Clock clock) {
    this.inference = inference;
    this.store = store;
    this.properties = properties;
    this.listener = listener;
    this.clock = clock;
    this.claims = new SequenceClaims(properties.maxWaiting());
    this.models = new PinnedModels(registry, store::count);
  }

  /**
   * Opens a sequence, or imports one.
   *
   * @param handle its model, which the caller closes
   * @throws InferenceException if none is opened
   */
  public SequenceInfo open(ModelHandle handle, OpenRequest request) {
    refuseWhileDraining();
    if (!handle.config().isCausal()) {
      throw new InferenceException.CannotStep(handle.id().toString());
    }
    List<FieldError> errors = new ArrayList<>();
    SequenceId id = id(request.id(), errors);
    Duration ttl = ttl(request.ttl(), errors);
    if (request.step() < 0) {
      errors.add(new FieldError("/step", "expected 0 or more, got " + request.step()));
    }
    LstmState state = state(handle.config(), request, errors);
    if (state == null || !errors.isEmpty()) {
      throw new InvalidInput(errors);
    }
    return keep(
        handle,
        Sequence.open(
            id, handle.id(), request.batch(), ttl, clock.instant(), request.step(), state, null));
  }

  private static SequenceId id(@Nullable String asked, List<FieldError> errors) {
    if (asked != null) {
      try {
        return new SequenceId(asked);
      } catch (IllegalArgumentException e) {
        errors.add(new FieldError("/id", String.valueOf(e.getMessage())));
      }
    }
    return SequenceId.mint();
  }

  private Duration ttl(@Nullable Duration asked, List<FieldError> errors) {
    Duration ttl = asked == null ? properties.ttl() : asked;
    if (ttl.toMillis() < 1 || ttl.compareTo(properties.maxTtl()) > 0) {
      errors.add(
          new FieldError("/ttl", "expected 1ms to %ds".formatted(properties.maxTtl().toSeconds())));
    }
    return ttl;
  }

  private @Nullable LstmState state(
      LstmConfig config, OpenRequest request, List<FieldError> errors) {
    long row = 0;
    for (CellConfig cell : config.cells()) {
      row += (long) (cell.outputSize() + cell.hiddenSize()) * Float.BYTES;
    }
    long room = properties.maxSequenceBytes().toBytes() / row;
    if (request.batch() < 1 || request.batch() > room) {
      errors.add(
          new FieldError("/batch", "expected 1 to %d, got %d".formatted(room, request.batch())));
      return null;
    }
    return new StateCheck(config, errors)
        .check(request.h(), request.c(), request.fields(), request.batch(), request.batch() > 1);
  }

  private SequenceInfo keep(ModelHandle handle, Sequence sequence) {
    return asked(
        handle.id(),
        () -> {
          if (!models.pin(handle)) {
            throw refused(
                Reason.MODEL_GONE,
                "sequences of another model that was %s are still open".formatted(handle.id()),
                null);
          }
          store.create(sequence);
          // Once more: the pin may have been let go before the sequence was counted.
          models.pin(handle);
          listener.opened(handle.id());
          return SequenceInfo.of(sequence);
        });
  }

  private void refuseWhileDraining() {
    if (draining) {
      throw refused(Reason.DRAINING, "the server is shutting down and opens no sequences", null);
    }
  }

  /**
   * Looks a sequence up for a step whose body is still to be read.
   *
   * @param deadline after which the step is dropped; null for the server's own
   * @param caller for whom; once gone, the step is dropped
   * @throws InferenceException if there is none, or its model is gone
   */
  public SequenceCall call(String id, @Nullable Duration deadline, Caller caller) {
    Sequence sequence = asked(null, () -> store.find(known(id)));
    return new SequenceCall(sequence, model(sequence), inference.deadline(deadline), caller);
  }

  private ModelHandle model(Sequence sequence) {
    try {
      return models.acquire(sequence.model());
    } catch (RegistryException.NotFound e) {
      throw refused(
          Reason.MODEL_GONE,
          "the model of sequence %s, %s, was taken away".formatted(sequence.id(), sequence.model()),
          e);
    }
  }

  /**
   * Takes a sequence on by a step, or by the steps of a chunk.
   *
   * @param operation what the request asks for
   * @param step the number that the last of its steps is to have; where it is the last that was
   *     taken, the stored answer is given again
   * @throws InferenceException if the step was not taken
   */
  public SequenceAnswer advance(
      SequenceCall call, Operation operation, InferenceRequest request, OptionalLong step) {
    SequenceId id = call.sequence().id();
    return asked(
        call.model(),
        () -> {
          try (SequenceClaims.Claim claim = claims.claim(id, call.deadline())) {
            Sequence found = claim.waited() ? store.find(id) : call.sequence();
            return advance(call, found, operation, request, step);
          } catch (TimeoutException e) {
            throw new InferenceException.DeadlineExceeded();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InferenceException.ShuttingDown(e);
          }
        });
  }

  private SequenceAnswer advance(
      SequenceCall call,
      Sequence found,
      Operation operation,
      InferenceRequest request,
      OptionalLong step) {
    int time = inference.time(call.handle(), operation, request);
    Sequence now = found;
    while (true) {
      if (step.isPresent() && step.getAsLong() != now.step() + time) {
        // What was found before the turn came may be older than what the client knows.
        now = store.find(now.id());
      }
      requireSameModel(call, now);
      StepAnswer last = now.last();
      if (step.isPresent() && step.getAsLong() == now.step() && last != null) {
        listener.repeated(now.model());
        return new SequenceAnswer(answer(call, now, last), now.step());
      }
      if (step.isPresent() && step.getAsLong() != now.step() + time) {
        throw outOfStep(now, time, step.getAsLong());
      }
      Answer answer = infer(call, operation, request, now);
      Sequence next = next(now, answer);
      if (store.replace(now, next)) {
        models.pin(call.handle());
        listener.stepped(now.model(), time);
        return new SequenceAnswer(answer, next.step());
      }
      now = store.find(now.id());
    }
  }

  private Answer infer(
      SequenceCall call, Operation operation, InferenceRequest request, Sequence now) {
    try (Admission admission = inference.admit(call.handle(), call.deadline(), call.caller())) {
      return inference.infer(admission, operation, request, now.state(), now.batch());
    }
  }

  /** While a step waits, its sequence may be deleted and its id go to another model's. */
  private void requireSameModel(SequenceCall call, Sequence now) {
    if (!now.model().equals(call.model())) {
      throw refused(Reason.UNKNOWN, "sequence %s was replaced".formatted(now.id()), null);
    }
  }

  private SequenceRefused outOfStep(Sequence now, int time, long asked) {
    return refused(
        Reason.OUT_OF_STEP,
        "sequence %s is at step %d, so this can become step %d, not %d%s"
            .formatted(
                now.id(),
                now.step(),
                now.step() + time,
                asked,
                asked == now.step() ? "; the answer of step " + asked + " is not kept" : ""),
        null);
  }

  private Sequence next(Sequence now, Answer answer) {
    StepAnswer last =
        new StepAnswer(
            answer.operation() == Operation.UNROLL,
            answer.time(),
            answer.sequences(),
            answer.batched(),
            answer.output().output());
    Sequence next = now.after(last, answer.output().state(), clock.instant());
    if (next.bytes() > properties.maxSequenceBytes().toBytes()) {
      throw new InferenceException.TooLarge(next.bytes(), properties.maxSequenceBytes().toBytes());
    }
    return next;
  }

  private static Answer answer(SequenceCall call, Sequence sequence, StepAnswer last) {
    return new Answer(
        sequence.model(),
        call.config(),
        sequence.batch(),
        last.time(),
        last.unrolled() ? Operation.UNROLL : Operation.STEP,
        last.sequences(),
        last.batched(),
        new LstmOutput(last.output(), sequence.state(), null));
  }

  /**
   * @throws InferenceException if there is none
   */
  public SequenceInfo find(String id) {
    return SequenceInfo.of(asked(null, () -> store.find(known(id))));
  }

  /**
   * Opens a second sequence that goes on from where a first one is.
   *
   * @param newId what to call it; null for an id of the server's making
   * @param ttl of the new one; null for the first one's
   * @throws InferenceException if none is opened
   */
  public SequenceInfo fork(String id, @Nullable String newId, @Nullable Duration ttl) {
    refuseWhileDraining();
    Sequence origin = asked(null, () -> store.find(known(id)));
    List<FieldError> errors = new ArrayList<>();
    SequenceId forkId = id(newId, errors);
    Duration forkTtl = ttl(ttl == null ? origin.ttl() : ttl, errors);
    if (!errors.isEmpty()) {
      throw new InvalidInput(errors);
    }
    try (ModelHandle handle = model(origin)) {
      return keep(
          handle,
          Sequence.open(
              forkId,
              origin.model(),
              origin.batch(),
              forkTtl,
              clock.instant(),
              origin.step(),
              origin.state(),
              origin.last()));
    }
  }

  /**
   * Ends a sequence. A step that is under way is not applied.
   *
   * @throws InferenceException if there is none
   */
  public void delete(String id) {
    asked(
        null,
        () -> {
          store.remove(known(id));
          return true;
        });
  }

  private SequenceId known(String id) {
    if (!SequenceId.isId(id)) {
      throw refused(Reason.UNKNOWN, "there is no such sequence", null);
    }
    return new SequenceId(id);
  }

  /** How long a sequence outlives its last step, unless it was opened with a time of its own. */
  public Duration ttl() {
    return properties.ttl();
  }

  /** Opens sequences, also after it was told not to. */
  void accept() {
    draining = false;
  }

  /** Opens no more sequences; those that are open may be stepped on. */
  public void drain() {
    draining = true;
  }

  /** Lets versions go that were taken away and whose sequences have all ended. */
  void releaseDrainedModels() {
    models.releaseDrained();
  }

  @Override
  public void close() {
    models.close();
  }

  private <T> T asked(@Nullable ModelId model, Supplier<T> request) {
    try {
      return request.get();
    } catch (SequenceException e) {
      if (e instanceof SequenceException.Full && model != null) {
        listener.rejected(model);
      }
      throw refused(reason(e), String.valueOf(e.getMessage()), e);
    }
  }

  private static Reason reason(SequenceException e) {
    if (e instanceof SequenceException.Unknown) {
      return Reason.UNKNOWN;
    } else if (e instanceof SequenceException.Expired) {
      return Reason.EXPIRED;
    } else if (e instanceof SequenceException.Exists) {
      return Reason.EXISTS;
    } else if (e instanceof SequenceException.Full) {
      return Reason.FULL;
    }
    return Reason.UNAVAILABLE;
  }

  private SequenceRefused refused(Reason reason, String message, @Nullable Throwable cause) {
    return new SequenceRefused(reason, message, properties.retryAfter(), cause);
  }
}

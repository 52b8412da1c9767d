package dev.keepgate.inference;

import dev.keepgate.inference.InferenceException.FieldError;
import dev.keepgate.inference.InferenceException.InvalidInput;
import dev.keepgate.inference.InferenceException.SequenceRefused;
import dev.keepgate.listener.Listeners;
import dev.keepgate.model.ModelId;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.security.Caller;
import dev.keepgate.sequence.ModelContent;
import dev.keepgate.sequence.Sequence;
import dev.keepgate.sequence.SequenceException;
import dev.keepgate.sequence.SequenceId;
import dev.keepgate.sequence.SequenceListener;
import dev.keepgate.sequence.SequencePlace;
import dev.keepgate.sequence.SequenceProperties;
import dev.keepgate.sequence.SequenceQuery;
import dev.keepgate.sequence.SequenceStore;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Sequences whose state the server keeps. */
public final class Sequences implements AutoCloseable {

  private final Computation computation;
  private final SequenceStore store;
  private final SequenceProperties properties;
  private final Listeners<SequenceListener> listeners;
  private final Clock clock;
  private final PinnedModels models;
  private final SequenceSteps steps;
  private volatile boolean draining;

  public Sequences(
      ModelRegistry registry,
      Computation computation,
      SequenceStore store,
      SequenceProperties properties,
      Listeners<SequenceListener> listeners,
      Clock clock) {
    this.computation = computation;
    this.store = store;
    this.properties = properties;
    this.listeners = listeners;
    this.clock = clock;
    this.models = new PinnedModels(registry, store::count);
    this.steps = new SequenceSteps(computation, store, properties, listeners, models, clock);
  }

  /**
   * Opens a sequence, or imports one.
   *
   * @param handle its model, which whoever calls closes
   * @param caller whose it is
   * @throws InferenceException if none is opened
   */
  public SequenceInfo open(ModelHandle handle, OpenRequest request, Caller caller) {
    refuseWhileDraining();
    if (!handle.signature().isCausal()) {
      throw new InferenceException.CannotStep(handle.id().toString(), handle.signature());
    }
    List<FieldError> errors = new ArrayList<>();
    SequenceId id = id(request.id(), caller, errors);
    Duration ttl = ttl(request.ttl(), errors);
    if (request.step() < 0 || request.step() > StepNumber.MAX_BEHIND) {
      errors.add(
          new FieldError(
              "/step",
              "expected 0 to %d, got %d".formatted(StepNumber.MAX_BEHIND, request.step())));
    }
    RecurrentState state = state(handle.signature(), request, errors);
    if (state == null || !errors.isEmpty()) {
      throw new InvalidInput(errors);
    }
    return keep(
        handle,
        Sequence.open(
            id,
            new ModelContent(handle.id(), handle.digest()),
            request.batch(),
            ttl,
            clock.instant(),
            new Sequence.Progress(request.step(), state, null)),
        caller);
  }

  private static SequenceId id(@Nullable String asked, Caller caller, List<FieldError> errors) {
    if (asked != null) {
      try {
        return new SequenceId(caller.owner(), asked);
      } catch (IllegalArgumentException e) {
        errors.add(new FieldError("/id", String.valueOf(e.getMessage())));
      }
    }
    return SequenceId.mint(caller.owner());
  }

  private Duration ttl(@Nullable Duration asked, List<FieldError> errors) {
    Duration ttl = asked == null ? properties.ttl() : asked;
    if (ttl.toMillis() < 1 || ttl.compareTo(properties.maxTtl()) > 0) {
      errors.add(
          new FieldError("/ttl", "expected 1ms to %ds".formatted(properties.maxTtl().toSeconds())));
    }
    return ttl;
  }

  private @Nullable RecurrentState state(
      Signature signature, OpenRequest request, List<FieldError> errors) {
    long row = WorkingMemory.stateWidth(signature) * Float.BYTES;
    long room = properties.maxSequenceBytes().toBytes() / row;
    if (request.batch() < 1 || request.batch() > room) {
      errors.add(
          new FieldError("/batch", "expected 1 to %d, got %d".formatted(room, request.batch())));
      return null;
    }
    return new StateValidator(signature.state(), errors)
        .validate(request.state(), request.fields(), request.batch(), request.batch() > 1);
  }

  private SequenceInfo keep(ModelHandle handle, Sequence sequence, Caller caller) {
    int bound = caller.limits().openSequences();
    return asked(
        handle.id(),
        () -> {
          if (!models.pin(handle)) {
            throw refused(
                ErrorCode.SEQUENCE_MODEL_GONE,
                "sequences of another model that was %s are still open".formatted(handle.id()),
                null);
          }
          store.create(sequence, bound == 0 ? SequenceStore.UNBOUNDED : bound);
          // Once more: the pin may have been let go before the sequence was counted.
          models.pin(handle);
          listeners.tell(listener -> listener.opened(handle.id()));
          return SequenceInfo.of(sequence);
        });
  }

  private void refuseWhileDraining() {
    if (draining) {
      throw refused(ErrorCode.DRAINING, "the server is shutting down and opens no sequences", null);
    }
  }

  /**
   * A sequence and its model.
   *
   * @param handle closed by whoever has this
   * @param isCurrent whether the store itself was asked; else it may be a sequence that was
   * @param took nanoseconds that the store took to answer
   */
  record Found(Sequence sequence, ModelHandle handle, boolean isCurrent, long took) {}

  /**
   * Looks a sequence up.
   *
   * @throws InferenceException if there is none, or its model is gone
   */
  Found lookUp(String id, Caller caller) {
    long asked = System.nanoTime();
    Sequence sequence = asked(null, () -> store.find(known(id, caller)));
    long took = System.nanoTime() - asked;
    return new Found(sequence, model(sequence), true, took);
  }

  /**
   * Looks a sequence up for a step whose body is still to be read; the step itself finds out
   * whether the sequence is what it was.
   *
   * @throws InferenceException if there is none, or its model is gone
   */
  Found lookUpForStep(String id, Caller caller) {
    Sequence recent = store.recent(known(id, caller));
    if (recent != null) {
      try {
        return new Found(recent, model(recent), false, 0);
      } catch (RuntimeException e) {
        // It may be another model's by now.
      }
    }
    return lookUp(id, caller);
  }

  /**
   * Makes a call of a model a step of a sequence.
   *
   * @throws InferenceException if there is no such sequence of the model
   */
  void join(InferenceCall call, SequenceStep step) {
    Found found = lookUpForStep(step.id(), call.caller());
    if (!found.isCurrent() && !call.asksFor(found.sequence().model())) {
      found.handle().close();
      found = lookUp(step.id(), call.caller());
    }
    ModelId model = found.sequence().model();
    if (!call.asksFor(model)) {
      found.handle().close();
      throw new InvalidInput(
          step.field(), "sequence %s is of model %s".formatted(step.id(), model));
    }
    call.step(found, step.end());
  }

  /**
   * Opens the sequence of which a call is the first step. One of the same id is begun anew, as
   * Triton does; but not where the request is numbered, as it may be a retry of the step that
   * opened it.
   *
   * @throws InferenceException if none is opened
   */
  void start(InferenceCall call, SequenceStep step, InferenceRequest request) {
    // What can be seen to be wrong shall not cost a sequence that goes on under this id.
    InputValidator validator = new InputValidator(call.signature(), request);
    InputValidator.Size size = validator.size();
    requireNoState(request);
    OpenRequest open = new OpenRequest(step.id(), size.batch(), 0, null, null, request.fields());
    try {
      open(call.handle(), open, call.caller());
    } catch (InvalidInput e) {
      // All else was checked above.
      throw new InvalidInput(step.field(), e.errors().get(0).detail());
    } catch (SequenceRefused e) {
      if (e.code() != ErrorCode.SEQUENCE_EXISTS) {
        throw e;
      }
      if (request.options().step().isEmpty()) {
        delete(step.id(), call.caller());
        open(call.handle(), open, call.caller());
      }
    }
    join(call, step);
  }

  private static void requireNoState(InferenceRequest request) {
    if (request.state() != null) {
      throw new InvalidInput(
          request.fields().slot(request.state().first()),
          "a step of a sequence brings no state: the server has it");
    }
  }

  private ModelHandle model(Sequence sequence) {
    try {
      ModelHandle handle = models.acquire(sequence.content());
      if (handle == null) {
        throw refused(
            ErrorCode.SEQUENCE_MODEL_GONE,
            "sequence %s was opened on other files than model %s has here; its state does not fit them: open a new sequence"
                .formatted(sequence.id(), sequence.model()),
            null);
      }
      return handle;
    } catch (RegistryException.NotFound e) {
      throw refused(
          ErrorCode.SEQUENCE_MODEL_GONE,
          "the model of sequence %s, %s, was taken away".formatted(sequence.id(), sequence.model()),
          e);
    }
  }

  /**
   * Takes a sequence on by a step, or by the steps of a chunk.
   *
   * @param encodedBytes what encoding the result takes, by how many numbers it has
   * @throws InferenceException if the step was not taken
   * @see SequenceSteps#advance
   */
  InferenceResult advance(
      InferenceCall call, InferenceRequest request, LongUnaryOperator encodedBytes) {
    requireNoState(request);
    Found found = Objects.requireNonNull(call.found());
    InferenceResult result =
        asked(call.model(), () -> steps.advance(call, found, request, encodedBytes));
    if (call.endsSequence()) {
      asked(null, () -> removed(found.sequence().id()));
    }
    return result;
  }

  /**
   * Makes sure that what was refused was refused for what the sequence is, not for what it was.
   *
   * @throws InferenceException if there is no such sequence, or it is another model's
   */
  void requireCurrent(InferenceCall call) {
    Found found = call.found();
    if (found != null && !found.isCurrent()) {
      Sequence now = asked(null, () -> store.find(found.sequence().id()));
      steps.requireSameModel(call, now);
    }
  }

  /**
   * @throws InferenceException if there is none
   */
  public SequenceInfo find(String id, Caller caller) {
    return SequenceInfo.of(asked(null, () -> store.find(known(id, caller))));
  }

  /**
   * A caller's open sequences, in the order in which they were opened.
   *
   * @param model the only one whose sequences are wanted, of any version; null for all
   * @param limit how many at most
   * @param after the {@code next} of the page before; null for the first
   * @throws InferenceException if there is no such place, or the store does not answer
   */
  public SequencePage list(
      @Nullable String model, int limit, @Nullable String after, Caller caller) {
    SequencePlace place = after == null ? null : SequencePage.place(after, caller.owner());
    if (after != null && place == null) {
      throw new InvalidInput("?after", "expected a page's 'next', got '%s'".formatted(after));
    }
    SequenceQuery query = new SequenceQuery(place, Math.addExact(limit, 1), model, caller.owner());
    return SequencePage.of(asked(null, () -> store.list(query)), limit);
  }

  /**
   * Opens a second sequence that goes on from where a first one is.
   *
   * @param newId what to call it; null for an id of the server's making
   * @param ttl of the new one; null for the first one's
   * @throws InferenceException if none is opened
   */
  public SequenceInfo fork(
      String id, @Nullable String newId, @Nullable Duration ttl, Caller caller) {
    refuseWhileDraining();
    Sequence origin = asked(null, () -> store.find(known(id, caller)));
    List<FieldError> errors = new ArrayList<>();
    SequenceId forkId = id(newId, caller, errors);
    Duration forkTtl = ttl(ttl == null ? origin.ttl() : ttl, errors);
    if (!errors.isEmpty()) {
      throw new InvalidInput(errors);
    }
    try (ModelHandle handle = model(origin)) {
      return keep(
          handle,
          Sequence.open(
              forkId,
              origin.content(),
              origin.batch(),
              forkTtl,
              clock.instant(),
              origin.progress()),
          caller);
    }
  }

  /**
   * Ends a sequence. A step that is under way is not applied.
   *
   * @throws InferenceException if there is none
   */
  public void delete(String id, Caller caller) {
    asked(null, () -> removed(known(id, caller)));
    computation.shadows().ended(known(id, caller));
  }

  private boolean removed(SequenceId id) {
    store.remove(id);
    return true;
  }

  private SequenceId known(String id, Caller caller) {
    if (!SequenceId.isId(id)) {
      throw refused(ErrorCode.SEQUENCE_NOT_FOUND, "there is no such sequence", null);
    }
    return new SequenceId(caller.owner(), id);
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
        listeners.tell(listener -> listener.rejected(model));
      }
      throw refused(ErrorCode.of(e), String.valueOf(e.getMessage()), e);
    }
  }

  private SequenceRefused refused(ErrorCode code, String message, @Nullable Throwable cause) {
    return new SequenceRefused(code, message, properties.retryAfter(), cause);
  }
}

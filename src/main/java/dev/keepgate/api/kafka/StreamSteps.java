package dev.keepgate.api.kafka;

import dev.keepgate.api.kafka.StreamsProperties.Binding;
import dev.keepgate.api.kafka.StreamsProperties.FirstState;
import dev.keepgate.api.kafka.StreamsProperties.Irregular;
import dev.keepgate.api.kafka.StreamsProperties.VersionChange;
import dev.keepgate.inference.ErrorCode;
import dev.keepgate.inference.InferenceException;
import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.KeptSequence;
import dev.keepgate.inference.KeptSequences;
import dev.keepgate.inference.Operation;
import dev.keepgate.memory.MemoryFullException;
import dev.keepgate.memory.TooMuchMemoryException;
import dev.keepgate.model.Signature;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a binding does with a record of a key whose state is known. Whatever is decided here depends
 * on the record and the state alone, so that whoever takes a partition over decides alike.
 */
final class StreamSteps {

  private static final Logger log = LoggerFactory.getLogger(StreamSteps.class);

  private final Binding binding;
  private final StreamModels models;
  private final KeptSequences sequences;
  private final Executor forecasts;
  private final ReadingDecoder decoder;
  private final RecordWriter writer;
  private final long ttl;

  /** Of the version that was last found to fit. */
  private volatile @Nullable Signature fitting;

  /**
   * @param forecasts where forecasts are waited for
   */
  StreamSteps(Binding binding, StreamModels models, KeptSequences sequences, Executor forecasts) {
    this.binding = binding;
    this.models = models;
    this.sequences = sequences;
    this.forecasts = forecasts;
    this.decoder = new ReadingDecoder(binding.valueFormat());
    this.writer = new RecordWriter(binding.outputFormat());
    this.ttl = binding.ttl().toMillis();
  }

  /**
   * What a record comes to before anything is computed.
   *
   * @return null where it is a step
   */
  @Nullable StreamOutcome decide(PendingRecord record, @Nullable StreamState state) {
    if (record.value() == null) {
      return new StreamOutcome.Ended();
    }
    if (record.streamTime() - record.timestamp() > ttl) {
      // Its sequence has ended, whether or not it was the key's last.
      return irregular(binding.late(), true, "it is older than the partition's time less the ttl");
    }
    if (state == null || hasEnded(record, state)) {
      return null;
    }
    long since = record.timestamp() - state.timestamp();
    if (record.place().offset() <= state.offset() && since <= 0) {
      // It was read before: somebody has set the group's offsets back.
      return new StreamOutcome.Skipped(false);
    }
    if (since < 0) {
      return irregular(
          binding.late(), true, "it is %d ms older than its key's last".formatted(-since));
    }
    return since == 0
        ? irregular(binding.repeated(), false, "it has the timestamp of its key's last")
        : null;
  }

  private boolean hasEnded(PendingRecord record, StreamState state) {
    return Math.max(record.timestamp(), record.streamTime()) - state.timestamp() > ttl;
  }

  private static @Nullable StreamOutcome irregular(Irregular rule, boolean isLate, String detail) {
    return switch (rule) {
      case STEP -> null;
      case SKIP -> new StreamOutcome.Skipped(isLate);
      case DEAD_LETTER -> new StreamOutcome.Dead(isLate ? "late" : "repeated", detail);
    };
  }

  /**
   * Begins the step that a record is.
   *
   * @throws BadRecordException if it cannot be computed
   * @throws NotNowException if it cannot be computed now
   */
  StreamStep begin(PendingRecord record, byte[] value, @Nullable StreamState state)
      throws BadRecordException, NotNowException {
    StreamState before = state == null || hasEnded(record, state) ? null : state;
    KeptSequences.Stored stored = before == null ? stored(record) : null;
    ModelHandle handle = stored == null ? handle(record, before) : stored.handle();
    boolean isBegun = false;
    try {
      requireFit(handle);
      KeptSequence from = before == null ? null : before.sequence();
      from = stored == null ? from : stored.sequence();
      List<List<Tensor>> inputs = new ArrayList<>();
      if (from == null || !from.isOf(handle)) {
        from = KeptSequence.open(handle, binding.ttl());
        if (before != null) {
          for (byte[] each : before.recent()) {
            inputs.add(decoder.decode(each, handle.signature()));
          }
        }
      }
      inputs.add(decoder.decode(value, handle.signature()));
      List<byte[]> recent =
          StreamState.recent(
              before == null ? List.of() : before.recent(), value, binding.replaySteps());
      // A late record makes its sequence no older.
      long newest =
          before == null ? record.timestamp() : Math.max(before.timestamp(), record.timestamp());
      StreamStep step =
          new StreamStep(this, record, from, handle, inputs, new StreamStep.Keep(newest, recent));
      step.begin();
      isBegun = true;
      return step;
    } catch (RuntimeException e) {
      throw refused(e);
    } finally {
      if (!isBegun) {
        handle.close();
      }
    }
  }

  /** The server's own sequence that a key begins with; null for none. */
  private KeptSequences.@Nullable Stored stored(PendingRecord record)
      throws BadRecordException, NotNowException {
    if (binding.firstState() == FirstState.ZERO) {
      return null;
    }
    String id = new String(record.key(), StandardCharsets.UTF_8);
    KeptSequences.Stored found;
    try {
      found = sequences.stored(id, binding.sequenceOwner());
    } catch (InferenceException e) {
      if (e.code() == ErrorCode.SEQUENCE_MODEL_GONE) {
        // Of this key alone: the others shall not wait for it.
        throw new BadRecordException("first-state", String.valueOf(e.getMessage()));
      }
      throw new NotNowException(String.valueOf(e.getMessage()), false);
    } catch (RegistryException e) {
      throw new NotNowException(String.valueOf(e.getMessage()), false);
    }
    if (found != null && !found.sequence().model().name().equals(binding.model())) {
      found.handle().close();
      throw new BadRecordException(
          "first-state", "sequence %s is of model %s".formatted(id, found.sequence().model()));
    }
    return found;
  }

  private ModelHandle handle(PendingRecord record, @Nullable StreamState before)
      throws BadRecordException, NotNowException {
    try {
      if (before == null || binding.versions() == VersionChange.REPLAY) {
        return models.current(binding, record.key());
      }
      ModelHandle own = models.of(before.sequence());
      if (own == null) {
        throw new BadRecordException(
            "model-gone",
            "the key's state is of model %s, which was taken away or has other files; "
                    .formatted(before.sequence().model())
                + "a record without a value ends it");
      }
      return own;
    } catch (RegistryException e) {
      throw new NotNowException(String.valueOf(e.getMessage()), false);
    }
  }

  /** A binding that asks of a model what it cannot do loses no record: all wait. */
  private void requireFit(ModelHandle handle) throws NotNowException {
    Signature signature = handle.signature();
    if (signature.equals(fitting)) {
      return;
    }
    String refusal =
        KeptSequences.refusal(handle, binding.operation() == Operation.DETECT, binding.horizon());
    if (refusal == null) {
      refusal = ReadingDecoder.refusal(binding.valueFormat(), handle.signature());
    }
    if (refusal == null) {
      refusal =
          RecordWriter.refusal(binding.outputFormat(), binding.operation(), handle.signature());
    }
    if (refusal != null) {
      throw new NotNowException("model %s: %s".formatted(handle.id(), refusal), false);
    }
    fitting = signature;
  }

  KeptSequences.Step begin(
      KeptSequence from, ModelHandle handle, List<Tensor> inputs, boolean isOwn) {
    boolean detect = isOwn && binding.operation() == Operation.DETECT;
    return sequences.step(from, handle, inputs, detect);
  }

  /** Null where none is asked for. */
  @Nullable CompletableFuture<byte[]> forecast(KeptSequence from, ModelHandle handle) {
    if (binding.operation() != Operation.FORECAST) {
      return null;
    }
    return CompletableFuture.supplyAsync(
        () -> writer.forecast(sequences.forecast(from, handle, binding.horizon())), forecasts);
  }

  /** What the next record needs: a step is held against the answer before, and no other is. */
  KeptSequence kept(KeptSequence after) {
    return binding.operation() == Operation.DETECT ? after : after.withoutAnswer();
  }

  byte[] answer(InferenceResult result) {
    return writer.step(result);
  }

  /**
   * What a failed computation means for its record.
   *
   * @return never
   * @throws BadRecordException if it is the record's fault, or nobody knows better
   * @throws NotNowException if it may be computed later
   */
  static RuntimeException refused(RuntimeException failure)
      throws BadRecordException, NotNowException {
    RuntimeException cause =
        failure instanceof CompletionException
                && failure.getCause() instanceof RuntimeException inner
            ? inner
            : failure;
    String message = String.valueOf(cause.getMessage());
    if (cause instanceof MemoryFullException) {
      throw new NotNowException("no memory is free for the request", true);
    }
    if (cause instanceof TooMuchMemoryException) {
      throw new BadRecordException("too-large", message);
    }
    if (cause instanceof TensorFormatException) {
      throw new BadRecordException("value", message);
    }
    if (cause instanceof InferenceException known) {
      throw refused(known.code(), message, known);
    }
    // Whatever it is, it is of this record: those behind it shall not wait for a mend.
    log.error("A record could not be computed", cause);
    throw new BadRecordException("failed", cause.toString());
  }

  private static RuntimeException refused(
      ErrorCode code, String message, InferenceException failure)
      throws BadRecordException, NotNowException {
    switch (code) {
      case QUEUE_FULL, MEMORY_FULL, DEADLINE_EXCEEDED -> throw new NotNowException(message, true);
      case DRAINING, CANCELLED -> throw failure;
      case INVALID_INPUT -> throw new BadRecordException("value", message);
      case NOT_FINITE -> throw new BadRecordException("not-finite", message);
      case REQUEST_TOO_LARGE -> throw new BadRecordException("too-large", message);
      default -> throw new BadRecordException("failed", message);
    }
  }
}

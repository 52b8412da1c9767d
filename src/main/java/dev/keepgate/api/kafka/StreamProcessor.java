package dev.keepgate.api.kafka;

import java.time.Duration;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Takes the keys of one partition on, each by its records in their order, many keys at once: a
 * record is begun in the shared batch and not waited for, until all slots are taken.
 */
final class StreamProcessor implements Processor<byte[], StreamValue, byte[], byte[]> {

  /** How soon a step is answered after it is computed, where no more records come. */
  private static final Duration LOOK = Duration.ofMillis(5);

  /** More rows at once are hardly computed faster. */
  private static final int MOST_TOGETHER = 32;

  /** States are looked at some at a time, so often that a million are within a time to live. */
  private static final int SWEEPS = 20;

  private static final int SWEPT_AT_ONCE = 50_000;
  private static final Duration LEAST_SWEEP = Duration.ofSeconds(1);

  private final StreamBinding binding;
  private final StreamTimestamps timestamps;
  private @Nullable Partition partition;

  StreamProcessor(StreamBinding binding, StreamTimestamps timestamps) {
    this.binding = binding;
    this.timestamps = timestamps;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    partition = new Partition(context);
  }

  private Partition partition() {
    Partition now = partition;
    if (now == null) {
      throw new IllegalStateException("init comes first");
    }
    return now;
  }

  @Override
  public void process(Record<byte[], StreamValue> record) {
    partition().take(record);
  }

  @Override
  public void close() {
    if (partition != null) {
      partition.close();
      partition = null;
    }
  }

  /** What there is once the stores are there. */
  private final class Partition {

    private final ProcessorContext<byte[], byte[]> context;
    private final KeyValueStore<byte[], byte[]> states;
    private final PendingRecords pending;
    private final StreamOutput output;
    private final StreamStatus.Partition status = new StreamStatus.Partition();

    /** Some at once, so that rows meet in a batch; the rest are begun at the next look. */
    private final int together;

    private @Nullable Cancellable looking;
    private byte @Nullable [] sweptTo;

    Partition(ProcessorContext<byte[], byte[]> context) {
      this.context = context;
      this.states = context.getStateStore(binding.states());
      this.pending =
          new PendingRecords(
              context.getStateStore(binding.pending()), binding.settings().inFlight());
      this.output = new StreamOutput(binding, context);
      this.together = Math.min(MOST_TOGETHER, Math.max(1, binding.settings().inFlight() / 4));
      binding.status().opened(status);
      long sweep = Math.max(LEAST_SWEEP.toMillis(), binding.settings().ttl().toMillis() / SWEEPS);
      context.schedule(Duration.ofMillis(sweep), PunctuationType.STREAM_TIME, this::sweep);
      lookSoon();
    }

    /** While nothing is under way nothing is looked at: each look would make a commit. */
    private void lookSoon() {
      if (looking == null && !pending.isEmpty()) {
        looking = context.schedule(LOOK, PunctuationType.WALL_CLOCK_TIME, now -> look());
      }
      status.inFlight(pending.size());
    }

    private void look() {
      beginWaiting();
      for (PendingRecords.Entry entry : pending.begun()) {
        applyIfDone(entry);
      }
      beginWaiting();
      status.inFlight(pending.size());
      if (pending.isEmpty() && looking != null) {
        looking.cancel();
        looking = null;
      }
    }

    void take(Record<byte[], StreamValue> record) {
      applyFront();
      RecordMetadata at = context.recordMetadata().orElseThrow();
      PendingRecord.Place place = new PendingRecord.Place(at.topic(), at.partition(), at.offset());
      StreamOutcome.Dead refusal = binding.refusal(record.key(), record.value(), timestamps);
      if (refusal != null) {
        output.dead(place, record, refusal);
        return;
      }
      while (pending.isFull()) {
        awaitOne();
      }
      pending.add(
          new PendingRecord(
              place,
              record.timestamp(),
              context.currentStreamTimeMs(),
              record.key(),
              record.value().bytes(),
              StreamTraces.context(record.headers())));
      if (pending.isFull() || pending.waitingNow() >= together) {
        beginWaiting();
      }
      lookSoon();
    }

    /** Those that came first are done first, mostly. */
    private void applyFront() {
      PendingRecords.Entry eldest = pending.eldest();
      while (eldest != null && applyIfDone(eldest)) {
        eldest = pending.eldest();
      }
    }

    private void awaitOne() {
      beginWaiting();
      PendingRecords.Entry eldest = pending.eldest();
      if (eldest != null) {
        apply(eldest);
      } else {
        binding.status().pause();
      }
    }

    private void beginWaiting() {
      while (!pending.waiting().isEmpty() && status.mayBegin()) {
        boolean isAnyApplied = false;
        for (PendingRecords.Entry entry : pending.waiting()) {
          try {
            isAnyApplied |= begin(entry);
          } catch (NotNowException e) {
            status.because(e);
            return;
          }
        }
        status.noMore();
        // Each that was applied may have made room for the next of its key.
        if (!isAnyApplied) {
          return;
        }
      }
    }

    /** Begins a record's step, or applies it at once where it is none. */
    private boolean begin(PendingRecords.Entry entry) throws NotNowException {
      StreamOutcome outcome;
      StreamTraces.Scope scope = binding.traces().open(pending.trace(entry, binding.traces()));
      try {
        outcome = beginOrDecide(entry);
      } catch (BadRecordException e) {
        outcome = new StreamOutcome.Dead(e.reason(), String.valueOf(e.getMessage()));
      } finally {
        scope.close();
      }
      if (outcome != null) {
        apply(entry, outcome);
      }
      return outcome != null;
    }

    /** Null where a step was begun. */
    private @Nullable StreamOutcome beginOrDecide(PendingRecords.Entry entry)
        throws BadRecordException, NotNowException {
      PendingRecord record = entry.record();
      byte[] kept = states.get(record.key());
      StreamState state = kept == null ? null : StreamState.decode(kept);
      StreamOutcome outcome = binding.steps().decide(record, state);
      byte[] value = record.value();
      if (outcome == null && value != null) {
        pending.begun(entry, binding.steps().begin(record, value, state));
      }
      return outcome;
    }

    private boolean applyIfDone(PendingRecords.Entry entry) {
      StreamStep step = entry.step();
      boolean isDone;
      try {
        isDone = step != null && step.isDone();
      } catch (RuntimeException e) {
        failed(entry, e);
        return true;
      }
      if (isDone) {
        apply(entry);
      }
      return isDone;
    }

    private void apply(PendingRecords.Entry entry) {
      StreamStep step = entry.step();
      if (step == null) {
        throw new IllegalStateException("it is not begun");
      }
      StreamOutcome outcome;
      try {
        outcome = step.finish();
      } catch (RuntimeException e) {
        failed(entry, e);
        return;
      }
      step.close();
      apply(entry, outcome);
    }

    private void failed(PendingRecords.Entry entry, RuntimeException failure) {
      StreamStep step = entry.step();
      if (step != null) {
        step.close();
      }
      try {
        throw StreamSteps.refused(failure);
      } catch (NotNowException e) {
        status.because(e);
        pending.again(entry);
      } catch (BadRecordException e) {
        apply(entry, new StreamOutcome.Dead(e.reason(), String.valueOf(e.getMessage())));
      }
    }

    /** Store, topic and slot change in one transaction. */
    private void apply(PendingRecords.Entry entry, StreamOutcome outcome) {
      PendingRecord record = entry.record();
      StreamOutcome applied = outcome;
      if (applied instanceof StreamOutcome.Stepped stepped) {
        applied = output.checked(record, stepped);
      }
      if (applied instanceof StreamOutcome.Stepped stepped) {
        states.put(record.key(), stepped.state());
        output.answer(record, stepped, pending.trace(entry, binding.traces()));
      } else if (applied instanceof StreamOutcome.Ended) {
        states.delete(record.key());
        output.ended();
      } else if (applied instanceof StreamOutcome.Skipped skipped) {
        output.skipped(skipped);
      } else if (applied instanceof StreamOutcome.Dead dead) {
        output.dead(record, dead);
      }
      pending.done(entry);
    }

    /** Lets sequences go that have ended by their partition's time, some at a time. */
    private void sweep(long streamTime) {
      long ended = streamTime - binding.settings().ttl().toMillis();
      int seen = 0;
      byte[] last = null;
      try (var all = sweptTo == null ? states.all() : states.range(sweptTo, null)) {
        while (all.hasNext() && seen < SWEPT_AT_ONCE) {
          var each = all.next();
          seen++;
          last = each.key;
          // One whose record is on its way may have been decided on with it.
          if (StreamState.timestamp(each.value) < ended && !pending.has(each.key)) {
            states.delete(each.key);
          }
        }
        sweptTo = all.hasNext() ? last : null;
      }
      binding.models().letGo();
    }

    void close() {
      binding.status().closed(status);
      pending.close();
    }
  }
}

package dev.keepgate.sequence;

import dev.keepgate.listener.Listeners;
import dev.keepgate.model.ModelId;
import dev.keepgate.sequence.SequenceStoreListener.Operation;
import dev.keepgate.sequence.SequenceStoreListener.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Another store, of which is told how long each call took and what came of it. */
final class TimedSequenceStore implements SequenceStore {

  private final SequenceStore store;
  private final Listeners<SequenceStoreListener> listeners;

  TimedSequenceStore(SequenceStore store, Listeners<SequenceStoreListener> listeners) {
    this.store = store;
    this.listeners = listeners;
  }

  @Override
  public void create(Sequence sequence, int maxOfOwner) {
    run(Operation.CREATE, () -> store.create(sequence, maxOfOwner));
  }

  @Override
  public Sequence find(SequenceId id) {
    return timed(Operation.FIND, () -> store.find(id), found -> true);
  }

  @Override
  public boolean replace(Sequence before, Sequence after) {
    return timed(Operation.REPLACE, () -> store.replace(before, after), replaced -> replaced);
  }

  @Override
  public void remove(SequenceId id) {
    run(Operation.REMOVE, () -> store.remove(id));
  }

  @Override
  public List<SequenceSummary> list(SequenceQuery query) {
    return timed(Operation.LIST, () -> store.list(query), page -> true);
  }

  @Override
  public long count(ModelId model) {
    return timed(Operation.COUNT, () -> store.count(model), count -> true);
  }

  @Override
  public SequenceUsage usage() {
    return timed(Operation.USAGE, store::usage, usage -> true);
  }

  private void run(Operation operation, Runnable call) {
    var unused =
        timed(
            operation,
            () -> {
              call.run();
              return true;
            },
            done -> true);
  }

  private <T> T timed(Operation operation, Supplier<T> call, Predicate<T> success) {
    long begun = System.nanoTime();
    Outcome outcome = Outcome.ERROR;
    try {
      T answer = call.get();
      outcome = success.test(answer) ? Outcome.SUCCESS : Outcome.REFUSED;
      return answer;
    } catch (SequenceException e) {
      outcome = e instanceof SequenceException.Unavailable ? Outcome.ERROR : Outcome.REFUSED;
      throw e;
    } finally {
      tell(operation, outcome, Duration.ofNanos(System.nanoTime() - begun));
    }
  }

  private void tell(Operation operation, Outcome outcome, Duration took) {
    listeners.tell(listener -> listener.asked(operation, outcome, took));
  }

  @Override
  public void close() {
    store.close();
  }
}

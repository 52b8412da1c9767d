package dev.keepgate.sequence;

import dev.keepgate.model.ModelId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where sequences lie between their steps. For any number of threads.
 *
 * <p>A sequence that has expired is never returned, whether or not its memory is free yet. Every
 * change happens wholly or not at all. Any method may throw {@link SequenceException.Unavailable}.
 */
public interface SequenceStore extends AutoCloseable {

  /** In place of a bound on an owner's sequences. */
  int UNBOUNDED = Integer.MAX_VALUE;

  /** Keeps a new sequence, as one of any number of its owner's. */
  default void create(Sequence sequence) {
    create(sequence, UNBOUNDED);
  }

  /**
   * Keeps a new sequence.
   *
   * @param maxOfOwner how many its owner may have with it
   * @throws SequenceException.Exists if its id is taken
   * @throws SequenceException.Full if a bound is reached
   */
  void create(Sequence sequence, int maxOfOwner);

  /**
   * @throws SequenceException.Unknown if there is none of this id
   * @throws SequenceException.Expired if it was there and has expired
   */
  Sequence find(SequenceId id);

  /**
   * What this process remembers of a sequence, without asking anybody: most probably its last
   * state, which {@link #replace} tells; else what it was. So nothing but a step may begin with it.
   *
   * @return null for nothing
   */
  default @Nullable Sequence recent(SequenceId id) {
    return null;
  }

  /**
   * Puts a sequence in the place of what it was, if it still is that.
   *
   * @return false if another change came first
   * @throws SequenceException.Unknown if it was removed
   * @throws SequenceException.Expired if it has expired
   * @throws SequenceException.Full if it has grown, and a bound is reached
   */
  boolean replace(Sequence before, Sequence after);

  /**
   * Ends a sequence.
   *
   * @throws SequenceException.Unknown if there is none of this id
   * @throws SequenceException.Expired if it was there and has expired
   */
  void remove(SequenceId id);

  /** Open sequences, in the order in which they were opened. */
  List<SequenceSummary> list(SequenceQuery query);

  /** How many sequences of a version are open. */
  long count(ModelId model);

  /** How much is kept. */
  SequenceUsage usage();

  /** Ends the store's own threads; what another process may read stays. */
  @Override
  void close();
}

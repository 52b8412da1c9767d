package dev.keepgate.batch;

import dev.keepgate.kernel.CompiledModel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one model: rows to step, or tasks to compute as a whole. Guarded by the lock of
 * {@link BatchQueues}.
 */
final class BatchQueue {

  private final BatchQueues.Key key;
  private final Runnable memoryFree;
  private final Deque<QueueEntry> entries = new ArrayDeque<>();

  /** Of all entries. */
  private int rows;

  private int waiting;
  private int workers;
  private long served;

  /**
   * @param key what it is the queue of
   * @param served where its account starts, so that it neither owes nor has saved anything
   * @param memoryFree run when a task that waits for its outputs' memory may begin
   */
  BatchQueue(BatchQueues.Key key, long served, Runnable memoryFree) {
    this.key = key;
    this.served = served;
    this.memoryFree = memoryFree;
  }

  BatchQueues.Key key() {
    return key;
  }

  CompiledModel model() {
    return key.model();
  }

  /** Whether its tasks are computed as a whole. */
  boolean whole() {
    return key.whole();
  }

  /** Whether nobody waits for its tasks. */
  boolean background() {
    return key.background();
  }

  /** Worker time it has had, in nanoseconds, counted from the account it started with. */
  long served() {
    return served;
  }

  void charge(long nanos) {
    served += nanos;
  }

  /** Workers that are at work on it. */
  int workers() {
    return workers;
  }

  void workerCame() {
    workers++;
  }

  void workerLeft() {
    workers--;
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  /** Rows, or whole tasks, that wait. */
  int size() {
    return rows;
  }

  /** Tasks of which no worker has begun any part. */
  int waiting() {
    return waiting;
  }

  void add(BatchTask task) {
    waiting++;
    rows += task.rows();
    entries.add(task);
  }

  /** Puts rows that have run already behind those that wait. */
  void addLast(List<BatchSlot> slots) {
    rows += slots.size();
    entries.addAll(slots);
  }

  /** Puts rows that have run already before those that wait. */
  void addFirst(List<BatchSlot> slots) {
    rows += slots.size();
    for (int i = slots.size() - 1; i >= 0; i--) {
      entries.addFirst(slots.get(i));
    }
  }

  /** Whose turn it is. */
  @Nullable QueueEntry peek() {
    return entries.peek();
  }

  /** Whether whose turn it is waits for memory, so that no worker can do anything here. */
  boolean isBlocked() {
    QueueEntry head = entries.peek();
    return head != null && !head.task().isBegun() && head.task().owner().waitsForOutputs();
  }

  /** Takes the next row; null for none, or for one whose task waits for memory. */
  @Nullable BatchSlot takeSlot(long now) {
    QueueEntry head = entries.peek();
    if (head == null || !begin(head.task(), now)) {
      return null;
    }
    rows--;
    if (head instanceof BatchSlot slot) {
      entries.remove();
      return slot;
    }
    BatchSlot slot = head.task().nextSlot();
    if (head.rows() == 0) {
      entries.remove();
    }
    return slot;
  }

  /** Takes the next whole task; null for none, or for one that waits for memory. */
  @Nullable BatchTask takeTask(long now) {
    QueueEntry head = entries.peek();
    if (head == null || !begin(head.task(), now)) {
      return null;
    }
    entries.remove();
    rows--;
    return head.task();
  }

  private boolean begin(BatchTask task, long now) {
    if (task.isBegun()) {
      return true;
    }
    boolean begun = task.begin(now, memoryFree);
    waiting -= begun ? 1 : 0;
    return begun;
  }

  /**
   * Takes a task out, with all its rows that wait.
   *
   * @return how many pieces of it waited
   */
  int remove(BatchTask task) {
    int pieces = 0;
    for (Iterator<QueueEntry> all = entries.iterator(); all.hasNext(); ) {
      QueueEntry entry = all.next();
      if (entry.task() == task) {
        pieces += entry.rows();
        all.remove();
      }
    }
    rows -= pieces;
    waiting -= pieces > 0 && !task.isBegun() ? 1 : 0;
    return pieces;
  }

  /** All tasks that wait, or rows of which wait. */
  List<BatchTask> tasks() {
    return new ArrayList<>(entries.stream().map(QueueEntry::task).distinct().toList());
  }
}

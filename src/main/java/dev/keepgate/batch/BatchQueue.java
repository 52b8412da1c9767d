package dev.keepgate.batch;

import dev.keepgate.kernel.CompiledModel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one model: rows to step, or requests to compute as a whole. Guarded by the lock of
 * {@link BatchQueues}.
 */
final class BatchQueue {

  private final CompiledModel model;
  private final boolean whole;
  private final Deque<Seat> seats = new ArrayDeque<>();
  private final Deque<Submission> requests = new ArrayDeque<>();
  private int waiting;
  private int lanes;
  private long served;

  /**
   * @param whole whether its requests are computed as a whole
   * @param served where its account starts, so that it neither owes nor has saved anything
   */
  BatchQueue(CompiledModel model, boolean whole, long served) {
    this.model = model;
    this.whole = whole;
    this.served = served;
  }

  CompiledModel model() {
    return model;
  }

  boolean whole() {
    return whole;
  }

  /** Lane time it has had, in nanoseconds, counted from the account it started with. */
  long served() {
    return served;
  }

  void charge(long nanos) {
    served += nanos;
  }

  /** Lanes that are at work on it. */
  int lanes() {
    return lanes;
  }

  void laneCame() {
    lanes++;
  }

  void laneLeft() {
    lanes--;
  }

  boolean isEmpty() {
    return seats.isEmpty() && requests.isEmpty();
  }

  /** Rows, or whole requests, that wait. */
  int size() {
    return whole ? requests.size() : seats.size();
  }

  /** Requests of which no lane has begun any part. */
  int waiting() {
    return waiting;
  }

  void add(Submission submission) {
    waiting++;
    if (whole) {
      requests.add(submission);
    } else {
      seats.addAll(submission.seats());
    }
  }

  /** Puts rows that have run already behind those that wait. */
  void addLast(List<Seat> rows) {
    seats.addAll(rows);
  }

  /** Puts rows that have run already before those that wait. */
  void addFirst(List<Seat> rows) {
    for (int i = rows.size() - 1; i >= 0; i--) {
      seats.addFirst(rows.get(i));
    }
  }

  /** The row whose turn it is. */
  @Nullable Seat peek() {
    return seats.peek();
  }

  Seat takeSeat(long now) {
    Seat seat = seats.removeFirst();
    if (seat.submission().begin(now)) {
      waiting--;
    }
    return seat;
  }

  @Nullable Submission takeRequest(long now) {
    Submission submission = requests.poll();
    if (submission != null && submission.begin(now)) {
      waiting--;
    }
    return submission;
  }

  /** Takes out every piece of work, a submission as often as it has pieces. */
  List<Submission> drain(long now) {
    List<Submission> pieces = new ArrayList<>();
    while (!seats.isEmpty()) {
      pieces.add(takeSeat(now).submission());
    }
    for (Submission s = takeRequest(now); s != null; s = takeRequest(now)) {
      pieces.add(s);
    }
    return pieces;
  }
}

package dev.keepgate.memory;

import java.time.Duration;

/**
 * The memory that requests hold from the first byte of their bodies to the last byte of their
 * answers, in two halves: what clients send (bodies as they arrive, unpacked bodies, messages,
 * decoded tensors), and what is made for them (outputs, working memory, encoded answers).
 *
 * <p>A request that has begun to be computed asks for nothing of the first half any more, so
 * whoever holds a part of the second comes to its end and gives it back. With one pool, requests
 * that wait to be computed could hold all of it and wait for each other.
 */
public final class InFlightMemory {

  private final AsyncSemaphore requests;
  private final AsyncSemaphore answers;
  private final Duration patience;

  /**
   * @param total bytes of both halves
   * @param patience how long a request waits for its bytes before it is refused
   */
  public InFlightMemory(long total, Duration patience) {
    this.requests = new AsyncSemaphore(total / 2);
    this.answers = new AsyncSemaphore(total - total / 2);
    this.patience = patience;
  }

  /** What a new request holds: nothing yet. */
  public RequestMemory open() {
    return new RequestMemory(requests, answers, patience);
  }

  /** Bytes that all requests may hold. */
  public long total() {
    return requests.total() + answers.total();
  }

  /** Bytes that one request may hold of what its client sends. */
  public long requestTotal() {
    return requests.total();
  }

  /** Bytes that requests hold of what their clients sent. */
  public long requestUsed() {
    return requests.used();
  }

  /** Bytes that one request may hold of what is made for it. */
  public long answerTotal() {
    return answers.total();
  }

  /** Bytes that requests hold of what was made for them. */
  public long answerUsed() {
    return answers.used();
  }

  /** Requests that wait for bytes. */
  public int waiting() {
    return requests.waiting() + answers.waiting();
  }
}

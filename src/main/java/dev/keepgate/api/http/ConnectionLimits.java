package dev.keepgate.api.http;

import java.time.Duration;

/**
 * Bounds of connections.
 *
 * @param maxConnections open at once
 * @param headTimeout from the first byte of a request's head to its last
 * @param bodyTimeout for which a body may keep the server waiting, beside what the least rate
 *     allows
 * @param answerTimeout for which an answer may wait for its client, beside what the rate allows
 * @param leastRate bytes a second that a slow client may always take
 */
record ConnectionLimits(
    int maxConnections,
    Duration headTimeout,
    Duration bodyTimeout,
    Duration answerTimeout,
    long leastRate) {

  private static final Duration FOREVER = Duration.ofDays(1);

  /** Of an endpoint that is not set up yet. */
  static final ConnectionLimits NONE =
      new ConnectionLimits(Integer.MAX_VALUE, FOREVER, FOREVER, FOREVER, 1);

  /**
   * Heap of a connection whose request waits for its body, measured: 4 KB while it is idle, 30 KB
   * with a part of a head, 77 KB with Tomcat's request and response.
   */
  private static final long BYTES_PER_CONNECTION = 80L << 10;

  /** One part in so many of the heap is for connections. */
  private static final long SHARE = 4;

  /** So many are enough, whatever the heap. */
  private static final long MOST = 8192;

  private static final long FEWEST = 64;

  static ConnectionLimits of(int maxConnections, ConnectionProperties properties) {
    return new ConnectionLimits(
        maxConnections,
        properties.headTimeout(),
        properties.bodyTimeout(),
        properties.answerTimeout(),
        properties.leastRate().toBytes());
  }

  /** How many connections a heap of so many bytes has room for. */
  static int fittingInto(long heap) {
    return (int) Math.max(FEWEST, Math.min(MOST, heap / SHARE / BYTES_PER_CONNECTION));
  }

  /** Connections that are kept free for those that come. */
  int reserve() {
    return Math.max(1, maxConnections / 16);
  }
}

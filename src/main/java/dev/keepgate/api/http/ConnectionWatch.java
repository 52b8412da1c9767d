package dev.keepgate.api.http;

import dev.keepgate.api.http.HttpConnection.Phase;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes connections whose clients keep the server waiting: after a deadline, and before it where
 * room is needed for others. A request that is computed or answered is not touched.
 */
final class ConnectionWatch implements Runnable {

  static final Duration INTERVAL = Duration.ofMillis(250);

  private static final Logger log = LoggerFactory.getLogger(ConnectionWatch.class);

  /** Whoever waits for less may be about to send. */
  private static final long JUST_CAME = Duration.ofSeconds(1).toNanos();

  /** Whoever takes nothing of an answer for so long may be closed where room is needed. */
  private static final long STALLED = Duration.ofSeconds(5).toNanos();

  private static final long LOG_INTERVAL = Duration.ofMinutes(1).toNanos();

  /** In the order in which they are closed. */
  private enum Rank {
    IDLE,
    HEAD,
    BODY,
    ANSWER,
    JUST_CAME
  }

  private record Waiting(HttpConnection connection, Rank rank, long nanos) {

    static final Comparator<Waiting> ORDER =
        Comparator.comparing(Waiting::rank)
            .thenComparing(Comparator.comparingLong(Waiting::nanos).reversed());
  }

  private final Collection<HttpConnection> connections;
  private final ConnectionLimits limits;
  private long logged = System.nanoTime() - LOG_INTERVAL;

  /**
   * @param connections those that are open, at any time
   */
  ConnectionWatch(Collection<HttpConnection> connections, ConnectionLimits limits) {
    this.connections = connections;
    this.limits = limits;
  }

  /** Looks at every connection once. */
  @Override
  public void run() {
    try {
      for (HttpConnection connection : connections) {
        if (!connection.isEnding()) {
          look(connection);
        }
      }
      makeRoom();
    } catch (Throwable e) {
      // A watch that ended would leave all connections without a deadline.
      log.error("Connections could not be looked at", e);
    }
  }

  private void look(HttpConnection connection) throws IOException {
    switch (connection.phase()) {
      case IDLE -> {
        if (connection.reading().nanos() > JUST_CAME) {
          connection.shrink();
        }
      }
      case HEAD -> {
        if (connection.headNanos() > limits.headTimeout().toNanos()) {
          connection.closeUnused();
        }
      }
      case REQUEST -> {
        if (connection.reading().isOverdue(limits.bodyTimeout(), limits.leastRate())) {
          connection.endInput();
        } else if (connection.writing().isOverdue(limits.answerTimeout(), limits.leastRate())) {
          connection.endOutput();
        }
      }
      case OTHER -> {}
    }
  }

  /** Closes those that have waited longest, where few connections are left for newcomers. */
  synchronized void makeRoom() throws IOException {
    int excess = connections.size() - (limits.maxConnections() - limits.reserve());
    if (excess <= 0) {
      return;
    }
    List<Waiting> waiting = new ArrayList<>();
    for (HttpConnection connection : connections) {
      if (connection.isEnding()) {
        excess--;
      } else {
        addWaiting(connection, waiting);
      }
    }
    if (excess <= 0) {
      return;
    }
    waiting.sort(Waiting.ORDER);
    // As many again, so that not every newcomer has all connections looked at.
    List<Waiting> closed = waiting.subList(0, Math.min(waiting.size(), excess + limits.reserve()));
    for (Waiting one : closed) {
      close(one);
    }
    tell(closed.size());
  }

  private static void addWaiting(HttpConnection connection, List<Waiting> waiting) {
    if (connection.reading().isWaiting()) {
      Phase phase = connection.phase();
      long nanos = phase == Phase.HEAD ? connection.headNanos() : connection.reading().nanos();
      Rank rank =
          switch (phase) {
            case IDLE -> Rank.IDLE;
            case HEAD -> Rank.HEAD;
            case REQUEST -> Rank.BODY;
            case OTHER -> null;
          };
      if (rank != null) {
        waiting.add(new Waiting(connection, nanos < JUST_CAME ? Rank.JUST_CAME : rank, nanos));
      }
    } else if (connection.phase() == Phase.REQUEST && connection.writing().isWaiting()) {
      long nanos = connection.writing().nanos();
      if (nanos > STALLED) {
        waiting.add(new Waiting(connection, Rank.ANSWER, nanos));
      }
    }
  }

  private static void close(Waiting waiting) throws IOException {
    HttpConnection connection = waiting.connection();
    if (connection.phase() != Phase.REQUEST) {
      connection.closeUnused();
    } else if (waiting.rank() == Rank.ANSWER) {
      connection.endOutput();
    } else if (connection.reading().isWaiting()) {
      connection.endInput();
    }
  }

  private void tell(int closed) {
    if (closed > 0 && System.nanoTime() - logged > LOG_INTERVAL) {
      logged = System.nanoTime();
      log.warn(
          "{} connections are open, of at most {}: {} of those that waited longest for their clients"
              + " were closed, and more will be without a word for a minute",
          connections.size(),
          limits.maxConnections(),
          closed);
    }
  }
}

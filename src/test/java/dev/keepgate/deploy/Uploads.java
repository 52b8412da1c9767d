package dev.keepgate.deploy;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Clients that upload one version after another until the server is gone. */
final class Uploads {

  private static final int CLIENTS = 4;
  private static final int MOST_A_ROUND = 60;

  private final String model;
  private final AtomicLong next = new AtomicLong(1);
  private final Set<Long> answered = new ConcurrentSkipListSet<>();
  private final Set<Long> unanswered = new ConcurrentSkipListSet<>();
  private final Set<String> refused = new ConcurrentSkipListSet<>();

  Uploads(String model) {
    this.model = model;
  }

  /** Uploads, while the killer takes its time and kills. */
  void until(Server server, Killer killer) throws Exception {
    long end = next.get() + MOST_A_ROUND;
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try {
      for (int i = 0; i < CLIENTS; i++) {
        clients.execute(() -> upload(server, end));
      }
      killer.kill();
    } finally {
      clients.shutdown();
      if (!clients.awaitTermination(1, TimeUnit.MINUTES)) {
        clients.shutdownNow();
      }
    }
  }

  /** Ends a server. */
  interface Killer {
    void kill() throws Exception;
  }

  private void upload(Server server, long end) {
    long version;
    while ((version = next.getAndIncrement()) < end) {
      try {
        byte[] file = new NumberedModel(version).file();
        unanswered.add(version);
        int status = server.put(model, version, BodyPublishers.ofByteArray(file));
        unanswered.remove(version);
        if (status == 201) {
          answered.add(version);
        } else {
          refused.add(version + " with " + status);
        }
      } catch (IOException e) {
        // The server is gone, with this upload somewhere on its way.
        return;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** The versions that the server said it has. */
  Set<Long> answered() {
    return new TreeSet<>(answered);
  }

  /** The versions of which it said nothing; they may be there, whole, or not. */
  Set<Long> unanswered() {
    return new TreeSet<>(unanswered);
  }

  /** The versions that were answered with anything else; there should be none. */
  Set<String> refused() {
    return new TreeSet<>(refused);
  }
}

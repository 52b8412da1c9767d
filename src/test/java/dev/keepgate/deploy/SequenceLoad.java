package dev.keepgate.deploy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients that step a model and sequences without a pause, each as the contract says: a step of a
 * sequence is numbered, and what was answered by 502, 503 or 504, or by nothing, is sent again.
 */
final class SequenceLoad implements AutoCloseable {

  private static final int CLIENTS = 4;
  private static final Set<Integer> RETRIED = Set.of(502, 503, 504);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String X = "[1,2,3,4,3,2]";

  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final URI address;
  private final String key;
  private final String model;
  private final ExecutorService threads = Executors.newFixedThreadPool(2 * CLIENTS);
  private final List<Future<?>> running = new ArrayList<>();
  private volatile boolean ended;

  final AtomicInteger answered = new AtomicInteger();
  final AtomicInteger retried = new AtomicInteger();
  final Queue<String> failures = new ConcurrentLinkedQueue<>();

  /** Steps that were answered, by sequence. */
  final Map<String, Integer> steps = new ConcurrentHashMap<>();

  SequenceLoad(URI address, String key, String model) {
    this.address = address;
    this.key = key;
    this.model = model;
  }

  /** Begins to ask, and returns at once. */
  void start() throws IOException, InterruptedException {
    for (int i = 0; i < CLIENTS; i++) {
      String id = "load-" + i;
      sent("/v1/models/" + model + "/sequences", "{\"id\": \"%s\"}".formatted(id), 201);
      steps.put(id, 0);
      running.add(threads.submit(() -> step(id)));
      running.add(threads.submit(this::stepAlone));
    }
  }

  private void step(String id) {
    while (!ended) {
      int next = steps.getOrDefault(id, 0) + 1;
      String body = "{\"x\": %s, \"step\": %d}".formatted(X, next);
      if (sent("/v1/sequences/" + id + "/step", body, 200)) {
        steps.put(id, next);
      }
    }
  }

  private void stepAlone() {
    while (!ended) {
      sent("/v1/models/" + model + "/step", "{\"x\": " + X + "}", 200);
    }
  }

  /** Sends a request until it is answered; what no client would send again is a failure. */
  private boolean sent(String path, String body, int expected) {
    long begun = System.nanoTime();
    while (System.nanoTime() - begun < PATIENCE.toNanos()) {
      String outcome;
      try {
        HttpResponse<String> response = client.send(request(path, body), BodyHandlers.ofString());
        if (response.statusCode() == expected) {
          answered.incrementAndGet();
          return true;
        }
        outcome = response.statusCode() + " " + response.body();
        if (!RETRIED.contains(response.statusCode())) {
          failures.add(path + ": " + outcome);
          return false;
        }
      } catch (IOException e) {
        outcome = e.toString();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
      retried.incrementAndGet();
      if (!pause()) {
        return false;
      }
    }
    failures.add(path + ": no answer within " + PATIENCE);
    return false;
  }

  private static boolean pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(50);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private HttpRequest request(String path, String body) {
    return HttpRequest.newBuilder(address.resolve(path))
        .timeout(PATIENCE)
        .header("Authorization", "Bearer " + key)
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  /** Lets every client come to the end of its request. */
  void end() throws Exception {
    ended = true;
    for (Future<?> each : running) {
      each.get(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
  }

  @Override
  public void close() {
    ended = true;
    threads.shutdownNow();
  }
}

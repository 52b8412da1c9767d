package dev.keepgate.security;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** How many requests a second callers may send, and those who are nobody's callers. */
public final class RateLimits {

  private final ConcurrentMap<String, TokenBucket> buckets = new ConcurrentHashMap<>();
  private final TokenBucket unknown;

  RateLimits(int failuresPerSecond) {
    this.unknown = new TokenBucket(failuresPerSecond, System.nanoTime());
  }

  /**
   * Counts one more request of a caller.
   *
   * @throws RateLimitedException if it is more than they may
   */
  public void count(Caller caller) {
    int limit = caller.limits().requestsPerSecond();
    if (limit == 0) {
      return;
    }
    TokenBucket bucket = buckets.get(caller.name());
    if (bucket == null || bucket.perSecond() != limit) {
      bucket =
          buckets.compute(
              caller.name(),
              (name, old) ->
                  old != null && old.perSecond() == limit
                      ? old
                      : new TokenBucket(limit, System.nanoTime()));
    }
    Duration wait = bucket.tryTake(System.nanoTime());
    if (wait != null) {
      throw new RateLimitedException(
          "'%s' may send %,d requests a second".formatted(caller.name(), limit), wait);
    }
  }

  /**
   * Counts one more request of nobody that is known. Whoever is known is not held up by these.
   *
   * @throws RateLimitedException if there are too many
   */
  public void countUnknown() {
    Duration wait = unknown.tryTake(System.nanoTime());
    if (wait != null) {
      throw new RateLimitedException(
          "too many requests come without a valid key; see"
              + " keepgate.security.failures-per-second",
          wait);
    }
  }

  /** Forgets all callers but these. */
  void retain(Set<String> names) {
    buckets.keySet().retainAll(names);
  }
}

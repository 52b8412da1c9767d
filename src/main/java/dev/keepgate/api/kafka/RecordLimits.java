package dev.keepgate.api.kafka;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How large a record a topic takes, in bytes. One that is too large to be written would end its
 * transaction, again and again: it has to be known before.
 */
final class RecordLimits {

  /** A record's own fields and those of its batch, about. */
  static final int OVERHEAD = 512;

  private final int usual;
  private final Map<String, Integer> limits = new ConcurrentHashMap<>();
  private final Map<String, Integer> halved = new ConcurrentHashMap<>();

  /**
   * @param usual of a topic that nothing is known of
   */
  RecordLimits(int usual) {
    this.usual = usual;
  }

  int of(String topic) {
    return limits.getOrDefault(topic, usual);
  }

  /** What a topic takes by its settings; less where it was found to take less. */
  void set(String topic, int bytes) {
    limits.put(topic, Math.min(bytes, halved.getOrDefault(topic, Integer.MAX_VALUE)));
  }

  /** A topic took less than its settings said. */
  void halve(String topic) {
    int less = Math.max(4 * OVERHEAD, of(topic) / 2);
    halved.put(topic, less);
    limits.put(topic, less);
  }

  boolean fits(String topic, long bytes) {
    return bytes + OVERHEAD <= of(topic);
  }
}

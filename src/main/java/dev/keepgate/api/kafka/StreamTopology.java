package dev.keepgate.api.kafka;

import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * For each binding a source, a processor with its stores, and a sink each for answers and dead
 * letters.
 */
final class StreamTopology {

  private StreamTopology() {}

  static Topology of(List<StreamBinding> bindings, Clock clock) {
    Topology topology = new Topology();
    for (StreamBinding binding : bindings) {
      StreamTimestamps timestamps =
          new StreamTimestamps(binding.settings().maxClockAhead().toMillis(), clock);
      topology.addSource(
          AutoOffsetReset.earliest(),
          binding.source(),
          timestamps,
          new ByteArrayDeserializer(),
          new StreamValue.Reader(),
          binding.settings().input());
      topology.addProcessor(
          binding.processor(), () -> new StreamProcessor(binding, timestamps), binding.source());
      topology.addStateStore(states(binding), binding.processor());
      topology.addStateStore(pending(binding), binding.processor());
      addSink(topology, binding, binding.answers(), binding.settings().output());
      addSink(topology, binding, binding.deadLetters(), binding.settings().deadLetterTopic());
    }
    return topology;
  }

  private static void addSink(Topology topology, StreamBinding binding, String name, String topic) {
    topology.addSink(
        name, topic, new ByteArraySerializer(), new ByteArraySerializer(), binding.processor());
  }

  private static StoreBuilder<KeyValueStore<byte[], byte[]>> states(StreamBinding binding) {
    return Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(binding.states()),
            Serdes.ByteArray(),
            Serdes.ByteArray())
        .withLoggingEnabled(Map.of());
  }

  /** With a cache: slots are written anew many times between two commits. */
  private static StoreBuilder<KeyValueStore<Integer, byte[]>> pending(StreamBinding binding) {
    return Stores.keyValueStoreBuilder(
            Stores.inMemoryKeyValueStore(binding.pending()), Serdes.Integer(), Serdes.ByteArray())
        .withCachingEnabled()
        .withLoggingEnabled(Map.of());
  }
}

package dev.keepgate.memory;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Parts of the memory that are set rather than derived ({@link MemoryPlan}).
 *
 * @param memoryBudget memory of all compiled models together, off the heap
 * @param importMemory heap that model files may be read into at once
 * @param sequences what sequences may hold
 * @param inference what requests may hold
 * @param streams what the stores of streams' states take
 */
@ConfigurationProperties("keepgate")
record MemoryProperties(
    @Nullable DataSize memoryBudget,
    @Nullable DataSize importMemory,
    @DefaultValue Sequences sequences,
    @DefaultValue Inference inference,
    @DefaultValue Streams streams) {

  MemoryProperties {
    requirePositive("keepgate.memory-budget", memoryBudget);
    requirePositive("keepgate.import-memory", importMemory);
  }

  /**
   * What sequences may hold.
   *
   * @param store where they lie
   * @param maxBytes heap of all sequences of a server whose sequences lie in its memory; of all
   *     servers, in Redis, where they lie there
   * @param recentBytes heap for the last states of sequences in Redis that this server steps, so
   *     that a next step asks Redis once, not twice; 0 for none
   */
  record Sequences(
      @DefaultValue("memory") String store,
      @Nullable DataSize maxBytes,
      @Nullable DataSize recentBytes) {
    Sequences {
      requirePositive("keepgate.sequences.max-bytes", maxBytes);
      if (recentBytes != null && recentBytes.isNegative()) {
        throw new IllegalArgumentException(
            "keepgate.sequences.recent-bytes must not be negative, got " + recentBytes);
      }
    }

    /** Of this server's heap; null where it is not set. */
    @Nullable DataSize heap() {
      return store.equalsIgnoreCase("redis") ? recentBytes : maxBytes;
    }
  }

  /**
   * What requests may hold.
   *
   * @param maxInFlightMemory memory of all requests together: one half for what clients send, one
   *     for what is made of it
   */
  record Inference(@Nullable DataSize maxInFlightMemory) {
    Inference {
      requirePositive("keepgate.inference.max-in-flight-memory", maxInFlightMemory);
    }
  }

  /**
   * What the stores of streams' states take.
   *
   * @param storeMemory off the heap, where there is any binding
   * @param bindings of topics
   */
  record Streams(
      @DefaultValue("128MB") DataSize storeMemory,
      @DefaultValue List<Map<String, String>> bindings) {

    long bytes() {
      return bindings.isEmpty() ? 0 : storeMemory.toBytes();
    }
  }

  private static void requirePositive(String name, @Nullable DataSize size) {
    if (size != null && size.toBytes() <= 0) {
      throw new IllegalArgumentException(name + " must be positive, got " + size);
    }
  }
}

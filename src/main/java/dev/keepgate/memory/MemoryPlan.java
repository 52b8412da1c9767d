package dev.keepgate.memory;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * How the machine's memory is divided, all in bytes.
 *
 * @param machine what the container or the machine has
 * @param heap the JVM's largest heap
 * @param direct buffers of the network off the heap: what of the requests in flight is there
 * @param models of compiled models, off the heap
 * @param inFlight of the heap, for requests in flight
 * @param imports of the heap, for model files that are read
 * @param sequences of the heap, for the states of sequences that lie there, or that are remembered
 */
public record MemoryPlan(
    long machine,
    long heap,
    long direct,
    long models,
    long inFlight,
    long imports,
    long sequences) {

  private static final long MEGABYTE = 1 << 20;

  /** Heap of the application itself with the notebook's models, measured after a collection. */
  private static final long APPLICATION_HEAP = 64 * MEGABYTE;

  /** Classes, compiled code, threads and libraries, measured under load. */
  private static final long RUNTIME = 256 * MEGABYTE;

  /** The part of the heap's size that the collector needs beside it, measured. */
  private static final int COLLECTOR = 16;

  /** A machine that gives its heap all its memory still has this part of it for models. */
  private static final int LEAST_MODELS = 8;

  /**
   * Divides it. A part that is set takes from the parts beside it.
   *
   * @param machine bytes that the container or the machine has
   * @param heap the JVM's largest heap
   * @throws IllegalArgumentException if what is set does not fit into the heap together
   */
  static MemoryPlan of(long machine, long heap, MemoryProperties properties) {
    // A tenth stays free, without which the collector is at work all the time.
    long free = Math.max(heap / 8, heap - heap / 10 - APPLICATION_HEAP);
    long inFlight = bytes(properties.inference().maxInFlightMemory(), free / 100 * 55);
    long sequences = bytes(properties.sequences().heap(), free / 100 * 15);
    // Sequences and requests that were set to more leave at least a part for model files.
    long imports = Math.max(free - inFlight - sequences, free / 10);
    imports = bytes(properties.importMemory(), imports);
    long direct = inFlight;
    long stores = properties.streams().bytes();
    long left = machine - heap - heap / COLLECTOR - direct - RUNTIME - stores;
    long models = bytes(properties.memoryBudget(), Math.max(left, machine / LEAST_MODELS));
    return new MemoryPlan(machine, heap, direct, models, inFlight, imports, sequences);
  }

  private static long bytes(@Nullable DataSize set, long derived) {
    return set == null ? derived : set.toBytes();
  }

  /** One line for the log. */
  String describe() {
    return ("memory: machine %s, heap %s (in flight %s, model files %s, sequences %s), direct %s,"
            + " models %s")
        .formatted(
            megabytes(machine),
            megabytes(heap),
            megabytes(inFlight),
            megabytes(imports),
            megabytes(sequences),
            megabytes(direct),
            megabytes(models));
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%,d MB", bytes / MEGABYTE);
  }
}

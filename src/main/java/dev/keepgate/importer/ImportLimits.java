package dev.keepgate.importer;

/**
 * Bounds of what an importer reads and makes, whatever a file claims.
 *
 * @param maxBytes of numbers after decompression and conversion
 * @param maxHeaderBytes of a header, a configuration or a graph without its numbers
 * @param maxTensors in a file
 */
public record ImportLimits(long maxBytes, int maxHeaderBytes, int maxTensors) {

  public static final ImportLimits DEFAULT = new ImportLimits(4L << 30, 64 << 20, 10_000);

  /** What the numbers may take in a file, where they may be twice as wide and have a header. */
  public long maxStoredBytes() {
    return 2 * maxBytes + maxHeaderBytes;
  }
}

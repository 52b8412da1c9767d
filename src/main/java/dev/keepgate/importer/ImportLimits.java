package dev.keepgate.importer;

/**
 * Bounds of what an importer reads and makes, whatever a file claims.
 *
 * @param maxBytes of numbers after decompression and conversion
 * @param maxHeaderBytes of a header, a configuration or a graph without its numbers
 * @param maxTensors in a file
 * @param expected of the answers that a model is to give
 */
public record ImportLimits(long maxBytes, int maxHeaderBytes, int maxTensors, Expected expected) {

  /**
   * Bounds of the answers that a model is to give.
   *
   * @param maxCases how many there may be
   * @param maxBytes of their file
   */
  public record Expected(int maxCases, int maxBytes) {
    public static final Expected DEFAULT = new Expected(100, 4 << 20);
  }

  public static final ImportLimits DEFAULT = new ImportLimits(4L << 30, 64 << 20, 10_000);

  /** The same with no more of numbers than this. */
  public ImportLimits within(long bytes) {
    return new ImportLimits(Math.min(bytes, maxBytes), maxHeaderBytes, maxTensors, expected);
  }

  /** With the usual bounds of expected answers. */
  public ImportLimits(long maxBytes, int maxHeaderBytes, int maxTensors) {
    this(maxBytes, maxHeaderBytes, maxTensors, Expected.DEFAULT);
  }

  /** What the numbers may take in a file, where they may be twice as wide and have a header. */
  public long maxStoredBytes() {
    return 2 * maxBytes + maxHeaderBytes;
  }
}

package dev.keepgate.api.rest.csv;

import java.io.IOException;
import java.util.Collection;
import java.util.List;

/** Makes answers of the lines of a file, a chunk at a time. */
interface RowScorer {

  /**
   * Names of the answer's columns.
   *
   * @param further names of the columns that the file has beside the model's readings
   * @param computed names of those that are computed
   */
  record Columns(List<String> further, List<String> computed) {}

  /** What the answer has. */
  Columns columns(CsvColumns file);

  /** Takes a line, which it copies; may have a chunk computed. */
  void add(CsvLine line) throws IOException;

  /** Has computed and answers what was taken so far: the client may wait for it. */
  void compute() throws IOException;

  /**
   * The file has no more lines.
   *
   * @param series all that it has
   */
  void end(Collection<Series> series) throws IOException;

  /** Bytes of the numbers that are kept of each series. */
  long seriesBytes();

  /** Whether a line whose fed-back readings are all missing is one of what is known ahead. */
  default boolean[] fedBack() {
    return new boolean[0];
  }
}

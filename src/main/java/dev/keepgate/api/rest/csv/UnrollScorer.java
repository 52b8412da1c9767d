package dev.keepgate.api.rest.csv;

import java.io.IOException;
import java.util.Collection;

/**
 * A line is a step, and is answered: the state goes along from each line of a series to its next.
 */
final class UnrollScorer implements RowScorer {

  private final ChunkRunner runner;
  private final ChunkUnroller unroller;
  private final Readings readings;
  private final OutputCells outputs;
  private final RowChunk chunk;
  private final AnswerWriter answer;

  UnrollScorer(CsvExchange.ScorerParts parts, OutputCells outputs, RowChunk chunk) {
    this.runner = parts.runner();
    this.readings = parts.readings();
    this.unroller = new ChunkUnroller(runner, readings, true);
    this.outputs = outputs;
    this.chunk = chunk;
    this.answer = parts.answer();
  }

  @Override
  public Columns columns(CsvColumns file) {
    return new Columns(file.further(), outputs.names());
  }

  @Override
  public void add(CsvLine line) throws IOException {
    int at = chunk.add(line);
    System.arraycopy(line.values(), 0, chunk.values(), at, readings.width());
    if (chunk.isFull()) {
      compute();
    }
  }

  @Override
  public void compute() throws IOException {
    if (chunk.count() == 0) {
      return;
    }
    ChunkUnroller.Place[] places = unroller.unroll(chunk);
    for (int line = 0; line < places.length; line++) {
      chunk.writeFurther(answer.line(), line);
      outputs.write(answer, places[line].outputs(), places[line].row(), places[line].step());
      answer.end();
    }
    chunk.clear();
    answer.send();
  }

  @Override
  public void end(Collection<Series> series) throws IOException {
    compute();
  }

  @Override
  public long seriesBytes() {
    return bytes(runner, readings);
  }

  /** Bytes of a series' state and of its last line. */
  static long bytes(ChunkRunner runner, Readings readings) {
    return Float.BYTES * runner.stream().signature().state().rowSize()
        + (long) Double.BYTES * readings.width();
  }
}

package dev.keepgate.api.rest.csv;

import dev.keepgate.tensor.TensorFormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;

/** Lines are cut into windows, each computed by itself, and answered at its last line. */
final class WindowScorer implements RowScorer {

  private static final String ROW = "row";

  private final Readings readings;
  private final WindowAnswers answers;
  private final RowChunk chunk;
  private final AnswerWriter answer;
  private final Windows windows;
  private boolean numbersRows;
  private long lines;

  /**
   * How lines are cut.
   *
   * @param size lines of each
   * @param stride lines from one to the next
   */
  record Windows(int size, int stride) {}

  /**
   * @param chunk of windows, each a line with the numbers of all its lines
   */
  WindowScorer(
      CsvExchange.ScorerParts parts, WindowAnswers answers, RowChunk chunk, Windows windows) {
    this.readings = parts.readings();
    this.answers = answers;
    this.chunk = chunk;
    this.answer = parts.answer();
    this.windows = windows;
  }

  @Override
  public Columns columns(CsvColumns file) {
    List<String> computed = new ArrayList<>();
    // A file's own column of this name says which row it is.
    numbersRows = !file.further().contains(ROW);
    if (numbersRows) {
      computed.add(ROW);
    }
    computed.addAll(answers.names());
    return new Columns(file.further(), computed);
  }

  @Override
  public void add(CsvLine line) throws IOException {
    lines++;
    RowWindow window = line.series().window();
    if (window == null) {
      window = new RowWindow(windows.size(), readings.width());
      line.series().window(window);
    }
    window.add(line.values());
    if (window.isDue(windows.stride())) {
      int at = chunk.add(line);
      window.copyTo(chunk.values(), at);
      if (chunk.isFull()) {
        compute();
      }
    }
  }

  @Override
  public void compute() throws IOException {
    int count = chunk.count();
    if (count == 0) {
      return;
    }
    WindowAnswers.Cells cells =
        answers.compute(
            new ChunkRunner.Rows(
                RowChunk.tensor(chunk.values(), readings, count, windows.size()),
                null,
                null,
                OptionalLong.empty(),
                Math.max(1, chunk.firstLine() - windows.size() + 1),
                chunk.lastLine()));
    for (int row = 0; row < count; row++) {
      chunk.writeFurther(answer.line(), row);
      if (numbersRows) {
        answer.number(chunk.row(row));
      }
      cells.write(answer, row);
      answer.end();
    }
    chunk.clear();
    answer.send();
  }

  @Override
  public long seriesBytes() {
    return RowWindow.bytes(windows.size() + 1, readings.width());
  }

  @Override
  public void end(Collection<Series> series) throws IOException {
    compute();
    if (answer.lines() == 0) {
      throw new TensorFormatException(
          "?window",
          "no series of the file, which has %d lines, has the %d of a window"
              .formatted(lines, windows.size()));
    }
  }
}

package dev.keepgate.api.rest.csv;

import dev.keepgate.inference.InferenceResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;

/**
 * A line is a step of a sequence that the server keeps. Each chunk names the step that it ends
 * with, so that one which somebody else stepped meanwhile is not taken on.
 */
final class SequenceScorer implements RowScorer {

  private static final String STEP = "step";

  private final ChunkRunner runner;
  private final Readings readings;
  private final OutputCells outputs;
  private final RowChunk chunk;
  private final AnswerWriter answer;
  private OptionalLong step = OptionalLong.empty();

  SequenceScorer(CsvExchange.ScorerParts parts, OutputCells outputs, RowChunk chunk) {
    this.runner = parts.runner();
    this.readings = parts.readings();
    this.outputs = outputs;
    this.chunk = chunk;
    this.answer = parts.answer();
  }

  @Override
  public Columns columns(CsvColumns file) {
    List<String> computed = new ArrayList<>(List.of(STEP));
    computed.addAll(outputs.names());
    return new Columns(file.further(), computed);
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
    int count = chunk.count();
    if (count == 0) {
      return;
    }
    InferenceResult result =
        runner.unroll(
            new ChunkRunner.Rows(
                RowChunk.tensor(chunk.values(), readings, 1, count),
                null,
                null,
                step.isPresent() ? OptionalLong.of(step.getAsLong() + count) : step,
                chunk.firstLine(),
                chunk.lastLine()),
            true);
    step = OptionalLong.of(result.step());
    List<InferenceResult.Output> computed = result.outputs();
    for (int line = 0; line < count; line++) {
      chunk.writeFurther(answer.line(), line);
      answer.number(result.step() - count + line + 1);
      outputs.write(answer, computed, 0, line);
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
    return (long) Double.BYTES * readings.width();
  }
}

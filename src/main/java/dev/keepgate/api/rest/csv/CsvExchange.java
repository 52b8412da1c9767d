package dev.keepgate.api.rest.csv;

import dev.keepgate.api.http.Body;
import dev.keepgate.api.http.BodyExchange;
import dev.keepgate.api.http.HttpCancellation;
import dev.keepgate.inference.InferenceStream;
import dev.keepgate.memory.RequestMemory;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One file on its way: its lines are read, computed and answered a chunk at a time. */
final class CsvExchange implements BodyExchange {

  private static final Logger log = LoggerFactory.getLogger(CsvExchange.class);

  /** Of the parser, the decoder and the answer. */
  private static final long BUFFERS = 1 << 17;

  private final InferenceStream stream;
  private final ScorerFactory scorers;
  private final CsvOptions options;
  private final CsvProperties properties;
  private final HttpServletRequest request;
  private final HttpServletResponse response;

  /** Makes what scores the lines of a file. */
  interface ScorerFactory {
    RowScorer make(ScorerParts parts);
  }

  /**
   * What scorers are made of.
   *
   * @param runner has chunks computed
   * @param readings what a line brings
   * @param options what is asked for
   * @param properties bounds
   * @param answer where lines are answered
   */
  record ScorerParts(
      ChunkRunner runner,
      Readings readings,
      CsvOptions options,
      CsvProperties properties,
      AnswerWriter answer) {}

  CsvExchange(
      InferenceStream stream,
      ScorerFactory scorers,
      CsvOptions options,
      CsvProperties properties,
      HttpServletRequest request,
      HttpServletResponse response) {
    this.stream = stream;
    this.scorers = scorers;
    this.options = options;
    this.properties = properties;
    this.request = request;
    this.response = response;
  }

  @Override
  public RequestMemory memory() {
    return stream.memory();
  }

  @Override
  public boolean readsItself() {
    return true;
  }

  @Override
  public void answer(Body none) throws IOException {
    AnswerFormat format = AnswerFormat.of(request.getHeader("Accept"));
    AnswerWriter answer = new AnswerWriter(format, options.reading().delimiter(), response);
    try {
      score(answer);
    } catch (IOException | RuntimeException e) {
      boolean isTold = format == AnswerFormat.NDJSON && e instanceof RuntimeException;
      if (answer.hasBegun() && !isTold) {
        abort(answer, e);
      } else if (e instanceof RuntimeException) {
        HttpCancellation.refuseRest(request, response);
      }
      throw e;
    }
  }

  private void abort(AnswerWriter answer, Exception e) {
    if (e instanceof IOException) {
      log.debug("A client left", e);
    } else {
      log.info("A file could not be answered beyond {} lines: {}", answer.lines(), e.getMessage());
    }
    try {
      answer.fail(String.valueOf(e.getMessage()));
    } catch (IOException gone) {
      log.debug("A client left", gone);
    } finally {
      HttpCancellation.abortAnswer(request, response);
    }
  }

  private void score(AnswerWriter answer) throws IOException {
    RequestMemory memory = stream.memory();
    memory.take(BUFFERS);
    Readings readings = Readings.of(stream.signature(), options.units().scaled());
    ChunkRunner runner = new ChunkRunner(stream, properties.patience(), options.units());
    RowScorer scorer = scorers.make(new ScorerParts(runner, readings, options, properties, answer));
    SeriesTable series = new SeriesTable(properties.maxSeries(), scorer.seriesBytes(), memory);
    LineHandler handler =
        new LineHandler(readings, options.reading(), properties, series, scorer.fedBack());
    CsvBody body = new CsvBody(request);
    body.beforeWaiting(scorer::compute);
    LineReader lines =
        new LineReader(
            new Utf8Reader(BodyCoding.plain(body, request)),
            handler,
            options.reading(),
            (int) properties.maxField().toBytes());
    CsvLine line = lines.next();
    CsvColumns columns = handler.columns();
    if (columns == null) {
      throw CsvError.of(1, "is missing: the file is empty");
    }
    answer.open(scorer.columns(columns), stream.model(), columns.hasHeader());
    for (; line != null; line = lines.next()) {
      scorer.add(line);
    }
    scorer.end(series.all());
    answer.close();
  }

  @Override
  public void close() {
    stream.close();
  }
}

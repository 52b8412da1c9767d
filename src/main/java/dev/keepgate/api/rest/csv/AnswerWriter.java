package dev.keepgate.api.rest.csv;

import dev.keepgate.api.http.ModelVersionHeader;
import dev.keepgate.model.ModelId;
import dev.keepgate.tensor.JsonBuffer;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * Writes an answer line by line. Nothing is sent before lines were computed, so that what fails
 * until then is answered as any problem.
 */
final class AnswerWriter {

  private static final int FLUSH_BYTES = 1 << 16;

  private final AnswerFormat format;
  private final char delimiter;
  private final HttpServletResponse response;
  private final JsonBuffer text = new JsonBuffer(1 << 12);

  /** What stands before the value of each column. */
  private String[] before = {};

  private int column;
  private long lines;
  private boolean begun;

  AnswerWriter(AnswerFormat format, char delimiter, HttpServletResponse response) {
    this.format = format;
    this.delimiter = delimiter;
    this.response = response;
  }

  AnswerFormat format() {
    return format;
  }

  /**
   * Says which columns there are.
   *
   * @param columns the file's own that are passed through, and those behind them, of which one that
   *     the file has already gets {@code _output}
   * @param model which computes them
   * @param hasHeader whether CSV begins with the names
   */
  void open(RowScorer.Columns columns, ModelId model, boolean hasHeader) {
    ModelVersionHeader.set(response, model);
    List<String> names = new ArrayList<>(columns.further());
    Set<String> taken = new HashSet<>(columns.further());
    for (String name : columns.computed()) {
      String free = name;
      while (!taken.add(free)) {
        free += "_output";
      }
      names.add(free);
    }
    before = new String[names.size()];
    for (int i = 0; i < before.length; i++) {
      before[i] =
          format == AnswerFormat.CSV
              ? (i == 0 ? "" : String.valueOf(delimiter))
              : (i == 0 ? "{" : ",") + json(names.get(i)) + ":";
    }
    if (format == AnswerFormat.CSV && hasHeader) {
      for (String name : names) {
        cell(name);
      }
      text.raw("\n");
      column = 0;
    } else if (format == AnswerFormat.JSON) {
      text.raw(
          "{\"model\":\"%s\",\"version\":\"%d\",\"rows\":["
              .formatted(model.name(), model.version()));
    }
  }

  private static String json(String string) {
    return "\"" + new String(JsonStringEncoder.getInstance().quoteAsCharArray(string)) + "\"";
  }

  /** Begins a line. */
  AnswerWriter line() {
    column = 0;
    if (format == AnswerFormat.JSON) {
      text.raw(lines > 0 ? ",\n" : "\n");
    }
    lines++;
    return this;
  }

  /** Ends a line. */
  void end() throws IOException {
    text.raw(format == AnswerFormat.CSV ? "\n" : format == AnswerFormat.NDJSON ? "}\n" : "}");
    if (text.size() > FLUSH_BYTES) {
      write();
    }
  }

  /** Whether some of it was sent, so that it is too late for a problem. */
  boolean hasBegun() {
    return begun;
  }

  /** How many lines were written. */
  long lines() {
    return lines;
  }

  AnswerWriter number(float value) {
    next().tensor(new float[] {value}, 0);
    return this;
  }

  AnswerWriter number(double value) {
    next().raw(Double.toString(value));
    return this;
  }

  AnswerWriter flag(boolean value) {
    next().raw(Boolean.toString(value));
    return this;
  }

  AnswerWriter number(long value) {
    next().raw(Long.toString(value));
    return this;
  }

  /** Fields that are passed through. */
  AnswerWriter further(FurtherCells cells, int from, int to) {
    for (int cell = from; cell < to; cell++) {
      int begin = cells.begin(cell);
      cell(new String(cells.text(), begin, cells.end(cell) - begin));
    }
    return this;
  }

  AnswerWriter cell(String value) {
    JsonBuffer out = next();
    if (format != AnswerFormat.CSV) {
      out.string(value);
    } else if (needsQuotes(value)) {
      out.raw("\"").text(value.replace("\"", "\"\"")).raw("\"");
    } else {
      out.text(value);
    }
    return this;
  }

  private boolean needsQuotes(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == delimiter || c == '"' || c == '\n' || c == '\r') {
        return true;
      }
    }
    // A line of one empty field would be none.
    return value.isEmpty() && before.length == 1;
  }

  private JsonBuffer next() {
    return text.text(before[column++]);
  }

  /** Sends what was computed, and waits for a client that does not read. */
  void send() throws IOException {
    write();
    response.flushBuffer();
  }

  private void write() throws IOException {
    begun = true;
    response.setContentType(
        format == AnswerFormat.CSV ? format.type() + ";charset=UTF-8" : format.type());
    text.flushTo(response.getOutputStream());
  }

  /** The answer is whole. */
  void close() throws IOException {
    if (format == AnswerFormat.JSON) {
      text.raw("\n]}\n");
    }
    write();
  }

  /** Ends a CSV answer that cannot be finished with a line that says why. */
  void fail(String why) throws IOException {
    if (format == AnswerFormat.CSV) {
      text.text("# error: " + why.replaceAll("[\\r\\n]+", " ") + "\n");
      write();
    }
  }
}

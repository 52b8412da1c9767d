package dev.keepgate.api.rest.csv;

import de.siegmar.fastcsv.reader.AbstractBaseCsvCallbackHandler;
import dev.keepgate.model.Scaler;
import dev.keepgate.tensor.CellNumber;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Makes numbers of the fields of a line as the parser comes to them, without a string a field. */
final class LineHandler extends AbstractBaseCsvCallbackHandler<CsvLine> {

  private static final Pattern DECIMAL_COMMA = Pattern.compile("[-+]?[0-9.]*,[0-9]+");

  private final Readings readings;
  private final CsvOptions.Reading reading;
  private final CsvProperties properties;
  private final SeriesTable series;

  /** Of each reading, whether it is fed back in a forecast; empty where nothing is known ahead. */
  private final boolean[] fedBack;

  /** Of each reading, the columns of the scaler that are made of it. */
  private final int[][] scaled;

  private final CsvLine line;
  private final FurtherCells head = new FurtherCells();
  private @Nullable CsvColumns columns;
  private long number;
  private int fields;
  private long size;
  private boolean quoted;
  private boolean header;

  LineHandler(
      Readings readings,
      CsvOptions.Reading reading,
      CsvProperties properties,
      SeriesTable series,
      boolean[] fedBack) {
    this.readings = readings;
    this.reading = reading;
    this.properties = properties;
    this.series = series;
    this.fedBack = fedBack;
    this.scaled = columnsOf(readings);
    this.line =
        new CsvLine(
            readings.width(), reading.sequence() == null ? series.find("", 1) : new Series(""));
  }

  private static int[][] columnsOf(Readings readings) {
    Scaler scaler = readings.scaler();
    int[][] columns = new int[readings.width()][];
    for (int i = 0; i < columns.length; i++) {
      int source = i;
      columns[i] =
          scaler == null
              ? new int[0]
              : IntStream.range(0, scaler.outputs())
                  .filter(column -> scaler.columns().get(column).source() == source)
                  .toArray();
    }
    return columns;
  }

  /** What the columns are; null before the first line. */
  @Nullable CsvColumns columns() {
    return columns;
  }

  /** Where the line begins that was read last. */
  long line() {
    return number;
  }

  /** Whether the line that was read last is the header. */
  boolean isHeader() {
    return header;
  }

  /** Whether the last field is in quotes. */
  boolean endsQuoted() {
    return quoted;
  }

  @Override
  protected void handleBegin(long startingLine) {
    number = startingLine;
    fields = 0;
    size = 0;
    header = false;
    if (columns != null) {
      line.begin(number);
    }
  }

  @Override
  protected void handleField(int index, char[] text, int offset, int length, boolean isQuoted) {
    size += length + 1L;
    quoted = isQuoted;
    if (index >= properties.maxColumns()) {
      throw CsvError.of(
          number,
          "has more than the %,d columns that keepgate.csv.max-columns allows"
              .formatted(properties.maxColumns()));
    }
    if (size > properties.maxLine().toBytes()) {
      throw CsvError.of(
          number,
          "is longer than the %,d characters that keepgate.csv.max-line allows"
              .formatted(properties.maxLine().toBytes()));
    }
    fields++;
    CsvColumns known = columns;
    if (known == null) {
      head.add(text, offset, length);
    } else {
      take(known, index, text, offset, length);
    }
  }

  private void take(CsvColumns known, int index, char[] text, int offset, int length) {
    if (index >= known.features().length) {
      return;
    }
    if (index == known.sequence()) {
      takeSeries(known, text, offset, length);
    }
    int feature = known.features()[index];
    if (feature >= 0) {
      line.values()[feature] = value(known, index, text, offset, offset + length);
    } else {
      line.further().add(text, offset, length);
    }
  }

  private void takeSeries(CsvColumns known, char[] text, int offset, int length) {
    if (CellNumber.isMissing(text, offset, offset + length)) {
      throw CsvError.of(number, known.label(known.sequence()), "does not name a series");
    }
    String before = line.series().name();
    boolean isSame = before.length() == length;
    for (int i = 0; isSame && i < length; i++) {
      isSame = before.charAt(i) == text[offset + i];
    }
    if (!isSame) {
      line.of(series.find(new String(text, offset, length), number));
    }
  }

  private double value(CsvColumns known, int column, char[] text, int begin, int end) {
    int from = begin;
    int to = end;
    while (from < to && text[from] <= ' ') {
      from++;
    }
    while (to > from && text[to - 1] <= ' ') {
      to--;
    }
    boolean single = readings.scaler() == null && readings.vocabulary() == 0;
    double value = CellNumber.parse(text, from, to, single);
    if (!Double.isFinite(value)) {
      return odd(known, column, new String(text, from, to - from), value);
    }
    if (readings.vocabulary() > 0) {
      requireId(known, column, value);
    }
    int feature = known.features()[column];
    for (int each : scaled[feature]) {
      Scaler scaler = readings.scaler();
      if (scaler != null && !Float.isFinite((float) scaler.scale(each, value))) {
        throw CsvError.of(
            number,
            known.label(column),
            "is beyond what the model's scaler maps to a 32-bit float");
      }
    }
    return value;
  }

  private void requireId(CsvColumns known, int column, double value) {
    if (value != Math.rint(value) || value < 0 || value >= readings.vocabulary()) {
      throw CsvError.of(
          number,
          known.label(column),
          "expected a whole number from 0 to %d".formatted(readings.vocabulary() - 1));
    }
  }

  /** A field that is no finite number: marked below as missing, or an error. */
  private double odd(CsvColumns known, int column, String text, double value) {
    String label = known.label(column);
    if (Double.isInfinite(value)) {
      throw CsvError.of(
          number, label, CsvError.shown(text) + " is beyond the range of a floating point number");
    }
    if (CellNumber.isMissing(text.toCharArray(), 0, text.length())) {
      boolean mayBe = fedBack.length > 0 && fedBack[known.features()[column]];
      if (reading.missing() == Missing.REFUSED && !mayBe) {
        throw missing(label);
      }
      // The series may be named further on in the line.
      return Double.NaN;
    }
    String hint =
        DECIMAL_COMMA.matcher(text).matches()
            ? " with a decimal comma; write it with a point, as pandas' to_csv(decimal='.') does"
            : "";
    throw CsvError.of(number, label, "expected a number, got " + CsvError.shown(text) + hint);
  }

  private RuntimeException missing(String label) {
    return CsvError.of(
        number, label, "is missing; ?missing=previous or ?missing=zero says what to take");
  }

  @Override
  protected CsvLine buildRecord() {
    CsvColumns known = columns;
    if (known == null) {
      begin();
      return line;
    }
    finish(known);
    return line;
  }

  private void begin() {
    List<String> names = new ArrayList<>();
    boolean isNumeric = true;
    for (int i = 0; i < head.count(); i++) {
      int from = head.begin(i);
      int to = head.end(i);
      String name = new String(head.text(), from, to - from);
      names.add(name.strip());
      isNumeric &=
          CellNumber.isMissing(head.text(), from, to)
              || !Double.isNaN(
                  CellNumber.parse(name.strip().toCharArray(), 0, name.strip().length(), false));
    }
    header = reading.header() != null ? reading.header() : !isNumeric;
    if (header) {
      columns = CsvColumns.ofHeader(names, reading, readings);
      return;
    }
    CsvColumns known = CsvColumns.ofWidth(names.size(), reading, readings);
    columns = known;
    line.begin(number);
    for (int i = 0; i < head.count(); i++) {
      take(known, i, head.text(), head.begin(i), head.end(i) - head.begin(i));
    }
    finish(known);
  }

  private void finish(CsvColumns known) {
    if (fields != known.features().length) {
      throw CsvError.of(
          number,
          "has %d fields, %s %d"
              .formatted(
                  fields, known.hasHeader() ? "the header" : "line 1", known.features().length));
    }
    double[] values = line.values();
    line.ahead(isAhead(values));
    for (int i = 0; i < values.length; i++) {
      if (Double.isNaN(values[i]) && !(line.isAhead() && fedBack[i])) {
        values[i] = filled(known, i);
      }
    }
    if (reading.missing() == Missing.PREVIOUS && !line.isAhead()) {
      line.series().last(values);
    }
  }

  /** Whether all that is fed back is missing. */
  private boolean isAhead(double[] values) {
    for (int i = 0; i < fedBack.length; i++) {
      if (fedBack[i] && !Double.isNaN(values[i])) {
        return false;
      }
    }
    return fedBack.length > 0;
  }

  private double filled(CsvColumns known, int feature) {
    int column = 0;
    while (known.features()[column] != feature) {
      column++;
    }
    double[] before = line.series().last();
    return switch (reading.missing()) {
      case REFUSED -> throw missing(known.label(column));
      case ZERO -> 0;
      case PREVIOUS -> {
        if (before == null) {
          throw CsvError.of(
              number,
              known.label(column),
              "is missing, and there is no line before it to take it of");
        }
        yield before[feature];
      }
    };
  }
}

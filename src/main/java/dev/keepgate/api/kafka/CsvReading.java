package dev.keepgate.api.kafka;

import dev.keepgate.tensor.CellNumber;
import java.util.regex.Pattern;

/** Reads the numbers of a line of comma-separated fields, which may have quotes (RFC 4180). */
final class CsvReading {

  private static final Pattern NOT_FINITE = Pattern.compile("(?i)[+-]?(nan|inf|infinity)");

  /** Characters of a field that an error repeats. */
  private static final int SHOWN = 40;

  private final char[] line;
  private final StepInput input;
  private final double[] numbers;
  private int at;

  CsvReading(String text, StepInput input) {
    this.line = withoutEnd(text).toCharArray();
    this.input = input;
    this.numbers = new double[input.width()];
  }

  private static String withoutEnd(String text) {
    return text.endsWith("\r\n")
        ? text.substring(0, text.length() - 2)
        : text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
  }

  /**
   * Reads them all.
   *
   * @throws BadRecordException if it is no line of as many numbers as the input takes
   */
  double[] numbers() throws BadRecordException {
    if (isBlank()) {
      throw new BadRecordException(BadRecordException.VALUE, "is blank");
    }
    if (line[0] == '\uFEFF') {
      throw new BadRecordException(BadRecordException.VALUE, "begins with a byte order mark");
    }
    int count = 0;
    do {
      if (count == numbers.length) {
        throw width("more");
      }
      readField(count++);
    } while (at++ < line.length);
    if (count < numbers.length) {
      throw width(Integer.toString(count));
    }
    return numbers;
  }

  private boolean isBlank() {
    for (char character : line) {
      if (character > ' ') {
        return false;
      }
    }
    return true;
  }

  private BadRecordException width(String got) {
    return new BadRecordException(
        BadRecordException.WIDTH,
        "expected %s, got %s".formatted(StepInput.counted(numbers.length), got));
  }

  /** Reads a field, and stops at the comma behind it or at the end. */
  private void readField(int index) throws BadRecordException {
    if (at < line.length && line[at] == '"') {
      int begin = ++at;
      skipTo('"');
      if (at == line.length) {
        throw bad(index, "the quote has no end");
      }
      numbers[index] = number(index, begin, at++);
      if (at < line.length && line[at] != ',') {
        throw bad(index, "expected a comma behind the quote");
      }
      return;
    }
    int begin = at;
    skipTo(',');
    numbers[index] = number(index, begin, at);
  }

  private void skipTo(char end) {
    while (at < line.length && line[at] != end) {
      at++;
    }
  }

  private double number(int index, int begin, int end) throws BadRecordException {
    int from = begin;
    int to = end;
    while (from < to && isSpace(line[from])) {
      from++;
    }
    while (to > from && isSpace(line[to - 1])) {
      to--;
    }
    double number = CellNumber.parse(line, from, to, !input.isPrecise());
    if (Double.isFinite(number)) {
      return number;
    }
    if (from == to) {
      throw bad(index, "expected a number, got none");
    }
    String shown = new String(line, from, Math.min(to - from, SHOWN));
    if (Double.isInfinite(number) || NOT_FINITE.matcher(shown).matches()) {
      throw BadRecordException.at(
          BadRecordException.NOT_FINITE,
          "/" + index,
          "expected a finite number, got '%s'".formatted(shown));
    }
    throw bad(index, "expected a number, got '%s'".formatted(shown));
  }

  private static boolean isSpace(char character) {
    return character == ' ' || character == '\t';
  }

  private static BadRecordException bad(int index, String detail) {
    return BadRecordException.at(BadRecordException.VALUE, "/" + index, detail);
  }
}

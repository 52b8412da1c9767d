package dev.keepgate.api.rest.csv;

import de.siegmar.fastcsv.reader.CloseableIterator;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import org.jspecify.annotations.Nullable;

/** Reads a file line by line. */
final class LineReader {

  private final Utf8Reader characters;
  private final LineHandler handler;
  private final CloseableIterator<CsvLine> lines;

  LineReader(Utf8Reader characters, LineHandler handler, CsvOptions.Reading reading, int maxField) {
    this.characters = characters;
    this.handler = handler;
    this.lines =
        CsvReader.builder()
            .fieldSeparator(reading.delimiter())
            .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
            .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
            .maxBufferSize(maxField)
            .build(handler, characters)
            .iterator();
  }

  /**
   * The next line, until the next one is asked for; null at the end of the file.
   *
   * @throws dev.keepgate.inference.InferenceException.InvalidInput if it is none
   */
  @Nullable CsvLine next() throws IOException {
    try {
      CsvLine line = null;
      while (line == null && lines.hasNext()) {
        line = lines.next();
        line = handler.isHeader() ? null : line;
      }
      if (line == null && handler.endsQuoted() && characters.last() != '"') {
        throw CsvError.of(handler.line(), "ends within quotes");
      }
      return line;
    } catch (CsvParseException | UncheckedIOException e) {
      throw fault(e);
    }
  }

  private RuntimeException fault(RuntimeException e) throws IOException {
    Throwable cause = e;
    while (cause.getCause() != null && isOfTheParser(cause)) {
      cause = cause.getCause();
    }
    if (cause instanceof CharacterCodingException) {
      return CsvError.of(
          handler.line() + 1,
          "or one soon after it has bytes that are not UTF-8; save the file so");
    }
    if (cause instanceof IOException io) {
      throw io;
    }
    if (!(cause instanceof CsvParseException)) {
      return (RuntimeException) cause;
    }
    String message = String.valueOf(cause.getMessage());
    return CsvError.of(
        handler.line(),
        message.contains("buffer size")
            ? "has a field that is longer than keepgate.csv.max-field, or quotes without an end"
            : "is no CSV: " + message);
  }

  private static boolean isOfTheParser(Throwable e) {
    return e instanceof CsvParseException || e instanceof UncheckedIOException;
  }
}

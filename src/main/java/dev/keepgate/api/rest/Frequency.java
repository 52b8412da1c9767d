package dev.keepgate.api.rest;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How far apart the steps of a time series are. */
enum Frequency {
  SECOND("S", ChronoUnit.SECONDS, 1),
  MINUTE("T", ChronoUnit.MINUTES, 1),
  HOUR("H", ChronoUnit.HOURS, 1),
  DAY("D", ChronoUnit.DAYS, 1),
  WEEK("W", ChronoUnit.WEEKS, 1),
  MONTH("M", ChronoUnit.MONTHS, 1),
  QUARTER("Q", ChronoUnit.MONTHS, 3),
  YEAR("Y", ChronoUnit.YEARS, 1);

  private final String letter;
  private final ChronoUnit unit;
  private final int amount;

  Frequency(String letter, ChronoUnit unit, int amount) {
    this.letter = letter;
    this.unit = unit;
    this.amount = amount;
  }

  private String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Of a word, in small or capital letters, or of its letter; null where there is none. */
  static @Nullable Frequency of(String text) {
    return Arrays.stream(values())
        .filter(
            each ->
                each.letter.equals(text) || each.word().equals(text) || each.name().equals(text))
        .findAny()
        .orElse(null);
  }

  /** All that are known. */
  static List<String> known() {
    return Arrays.stream(values()).map(each -> each.word() + " (" + each.letter + ")").toList();
  }

  /**
   * So many steps later; a day that the month has not is its last.
   *
   * @throws DateTimeException if no calendar goes so far
   */
  OffsetDateTime after(OffsetDateTime start, long steps) {
    return start.plus(Math.multiplyExact(steps, (long) amount), unit);
  }

  /** A moment of ISO 8601 in UTC, which is taken for granted where no offset is given. */
  static @Nullable OffsetDateTime moment(String text) {
    try {
      return OffsetDateTime.parse(text).withOffsetSameInstant(ZoneOffset.UTC);
    } catch (DateTimeParseException e) {
      // Without an offset, or without a time.
    }
    try {
      return text.indexOf('T') < 0
          ? LocalDate.parse(text).atStartOfDay().atOffset(ZoneOffset.UTC)
          : LocalDateTime.parse(text).atOffset(ZoneOffset.UTC);
    } catch (DateTimeParseException e) {
      return null;
    }
  }
}

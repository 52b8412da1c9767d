package dev.keepgate.api.rest.csv;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Bounds of CSV bodies, whose rows are without a bound.
 *
 * @param chunkRows lines that are computed at once at most
 * @param chunkWindows windows, or forecasts, that are computed at once at most
 * @param maxField of a line's field, in characters
 * @param maxLine of a line, in characters
 * @param maxColumns that a line may have
 * @param maxSeries that one file may have
 * @param patience how long a chunk goes on waiting where the model is full, or memory is
 */
@Validated
@ConfigurationProperties("keepgate.csv")
record CsvProperties(
    @DefaultValue("1024") int chunkRows,
    @DefaultValue("256") int chunkWindows,
    @DefaultValue("64KB") DataSize maxField,
    @DefaultValue("1MB") DataSize maxLine,
    @DefaultValue("10000") int maxColumns,
    @DefaultValue("100000") int maxSeries,
    @DefaultValue("30s") Duration patience) {

  private static final long LEAST_FIELD = 1 << 13;
  private static final long LARGEST_LINE = 1L << 30;

  CsvProperties {
    requirePositive("chunk-rows", chunkRows);
    requirePositive("chunk-windows", chunkWindows);
    requirePositive("max-columns", maxColumns);
    requirePositive("max-series", maxSeries);
    if (maxField.toBytes() < LEAST_FIELD || maxField.compareTo(maxLine) > 0) {
      throw new IllegalArgumentException(
          "keepgate.csv.max-field is from 8KB to max-line, got " + maxField);
    }
    if (maxLine.toBytes() > LARGEST_LINE) {
      throw new IllegalArgumentException("keepgate.csv.max-line is 1GB at most, got " + maxLine);
    }
    if (patience.isNegative()) {
      throw new IllegalArgumentException("keepgate.csv.patience is not negative, got " + patience);
    }
  }

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException("keepgate.csv." + name + " is positive, got " + value);
    }
  }
}

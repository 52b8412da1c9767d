package dev.keepgate.api.rest.csv;

import dev.keepgate.memory.RequestMemory;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** The series of one file, in the order in which they begin. */
final class SeriesTable {

  /** An entry of a map, a name, and the objects around a series' numbers. */
  private static final int OBJECTS = 256;

  private final int most;
  private final long bytes;
  private final RequestMemory memory;
  private final Map<String, Series> series = new LinkedHashMap<>();

  /**
   * @param most how many there may be
   * @param bytes of the numbers of each
   * @param memory of which they are taken
   */
  SeriesTable(int most, long bytes, RequestMemory memory) {
    this.most = most;
    this.bytes = bytes;
    this.memory = memory;
  }

  /** The series of a name, which a line begins where there is none yet. */
  Series find(String name, long line) {
    Series found = series.get(name);
    if (found == null) {
      if (series.size() == most) {
        throw CsvError.of(
            line,
            "begins series %d of the file, %d are allowed; send the series in several files"
                .formatted(most + 1, most));
      }
      memory.take(OBJECTS + 2L * name.length() + bytes);
      found = new Series(name);
      series.put(name, found);
    }
    return found;
  }

  Collection<Series> all() {
    return series.values();
  }
}

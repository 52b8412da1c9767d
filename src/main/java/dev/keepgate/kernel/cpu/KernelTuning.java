package dev.keepgate.kernel.cpu;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The sizes at which the CPU's kernel chooses one algorithm over another. They decide its speed;
 * its results differ only by the order of sums.
 *
 * @param packing whether the BLAS packs small products
 * @param values those that are not {@link Parameter#defaultValue}
 */
public record KernelTuning(Packing packing, Map<Parameter, Integer> values) {

  /** What fits the processors that it was measured on, and the packing of this one. */
  public static final KernelTuning DEFAULT = new KernelTuning(Packing.AUTO, Map.of());

  /**
   * What fits where several rows are multiplied by tiles: panels are for one row or two then, and
   * the product of a row with a matrix goes through the wider ones faster, up to twice.
   */
  private static final Map<Parameter, Integer> TILED =
      Map.of(
          Parameter.WIDE_PANEL_COLUMNS, 2048,
          Parameter.WIDE_PANEL_NUMBERS, 1 << 22,
          Parameter.ROW_MAJOR_ROWS, 16);

  /** Whether small products are packed before they are multiplied: there are BLAS that do. */
  public enum Packing {
    /** As timed. */
    AUTO,
    YES,
    NO
  }

  /** One size, with the values that it can take. */
  public enum Parameter {
    /** Columns of a panel of weights: what BLAS keeps in registers. */
    PANEL_COLUMNS(64, 16, 1024),
    /** Columns of a panel of a shallow matrix. */
    WIDE_PANEL_COLUMNS(256, 16, 4096),
    /** Numbers of such a panel: one and its rows stay in the cache. */
    WIDE_PANEL_NUMBERS(36_000, 1, 1 << 24),
    /**
     * Left free behind each row of a full wide panel: rows a power of two apart share a part of the
     * first level cache, and 64 columns of them would not stay there.
     */
    PANEL_GAP(16, 0, 64),
    /** A BLAS that does not pack small products packs those of more multiplications. */
    UNPACKED_MULTIPLICATIONS(1_000_000, 1, 1 << 30),
    /** Matrices of so many rows are shallow, where the BLAS does not pack. */
    SHALLOW_DEPTH(160, 0, 1 << 20),
    /** Rows of a product at a time at most, where the BLAS would not pack more. */
    SLICE_ROWS(64, 4, 4096),
    /** So many rows are multiplied one by one where BLAS packs: for more, that is paid back. */
    ROWS_ONE_BY_ONE(8, 0, 4096),
    /**
     * So many rows are multiplied by tiles, where BLAS packs and its inner kernel can be called.
     */
    TILED_ROWS(3, 1, 4096),
    /** Pre-activations of so many rows lie row by row, of more gate by gate. */
    ROW_MAJOR_ROWS(4, 0, 4096),
    /** Units whose gates are computed at a time: what one loop leaves is near for the next. */
    GATE_UNITS(2048, 16, 1 << 20),
    /** Units whose sigmoid gates are computed side by side: one loop in place of three. */
    FUSED_GATE_UNITS(512, 0, 1 << 16),
    /** Rows of a product at most. */
    PRODUCT_ROWS(256, 4, 4096),
    /** Steps of all rows whose inputs are one product. */
    INPUT_ROWS(256, 1, 4096),
    /** Steps whose inputs are multiplied before their time. */
    PRECOMPUTED_STEPS(16, 1, 1024),
    /** For so many rows; more compute longer than they wait for memory. */
    PRECOMPUTED_ROWS(4, 0, 4096),
    /** From so many weights on; less stay in the second level cache. */
    PRECOMPUTED_BYTES(1 << 20, 0, Integer.MAX_VALUE),
    /** Steps that a stack of layers takes layer by layer. */
    TIME_BLOCK_STEPS(8, 1, 1024),
    /** For so many rows, which read a product's weights for less work than it is worth. */
    TIME_BLOCK_ROWS(2, 0, 4096),
    /** For so many where the weights come from memory. */
    TIME_BLOCK_MEMORY_ROWS(8, 0, 4096),
    /** More weights do not stay in a cache that others use too. */
    TIME_BLOCK_MEMORY_BYTES(24 << 20, 0, Integer.MAX_VALUE),
    /** Blocks of steps that two threads take through a stack together, before others join. */
    PIPELINE_BLOCKS(8, 1, 1024),
    /** Of cells of so many weights: a thread is not woken for less. */
    PIPELINE_BYTES(2 << 20, 0, Integer.MAX_VALUE);

    private final int defaultValue;
    private final int least;
    private final int most;

    Parameter(int defaultValue, int least, int most) {
      this.defaultValue = defaultValue;
      this.least = least;
      this.most = most;
    }

    public int defaultValue() {
      return defaultValue;
    }

    /** Its name in configuration. */
    String key() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private void validate(int value) {
      if (value < least || value > most) {
        throw new IllegalArgumentException(
            "keepgate.tuning.%s is from %d to %d, got %d".formatted(key(), least, most, value));
      }
    }
  }

  /**
   * @throws IllegalArgumentException if a value is out of its range, or does not go with another
   */
  public KernelTuning {
    values.forEach(Parameter::validate);
    values = Map.copyOf(values);
    validateOrder(values, Parameter.PRECOMPUTED_ROWS, Parameter.ROW_MAJOR_ROWS);
    validateOrder(values, Parameter.INPUT_ROWS, Parameter.PRODUCT_ROWS);
    validateOrder(values, Parameter.PANEL_COLUMNS, Parameter.WIDE_PANEL_COLUMNS);
  }

  private static void validateOrder(
      Map<Parameter, Integer> values, Parameter smaller, Parameter larger) {
    int least = get(values, smaller);
    int most = get(values, larger);
    if (least > most) {
      throw new IllegalArgumentException(
          "keepgate.tuning.%s is no more than %s, got %d and %d"
              .formatted(smaller.key(), larger.key(), least, most));
    }
  }

  private static int get(Map<Parameter, Integer> values, Parameter parameter) {
    return values.getOrDefault(parameter, parameter.defaultValue);
  }

  int get(Parameter parameter) {
    return get(values, parameter);
  }

  /** Whether the BLAS packs small products. */
  boolean packs() {
    if (packing == Packing.AUTO) {
      throw new IllegalStateException("whether small products are packed has not been timed");
    }
    return packing == Packing.YES;
  }

  /** Whether weights are laid out a second time, for the BLAS' inner kernel. */
  boolean tiles() {
    return packs() && MicroKernel.isUsable();
  }

  /** The same, with what was left open as it fits this machine. */
  KernelTuning measured() {
    Packing known = packing;
    if (packing == Packing.AUTO) {
      known = Blas.packsSmallProducts() ? Packing.YES : Packing.NO;
    }
    KernelTuning measured = new KernelTuning(known, values);
    if (!measured.tiles()) {
      return measured;
    }
    Map<Parameter, Integer> fitting = new EnumMap<>(TILED);
    fitting.putAll(values);
    return new KernelTuning(known, fitting);
  }

  /** All of it in one line. */
  @Override
  public String toString() {
    return Stream.of(Parameter.values())
        .map(parameter -> parameter.key() + "=" + get(parameter))
        .collect(
            Collectors.joining(
                ", ", "packing=%s, ".formatted(packing.name().toLowerCase(Locale.ROOT)), ""));
  }
}

package dev.keepgate.kernel.cpu;

import dev.keepgate.kernel.cpu.KernelTuning.Packing;
import dev.keepgate.kernel.cpu.KernelTuning.Parameter;
import java.util.List;
import java.util.Map;

/** Tunings that take every way there is, whatever this machine's own would be. */
final class Tunings {

  static final KernelTuning PACKING = new KernelTuning(Packing.YES, Map.of());

  static final KernelTuning NOT_PACKING = new KernelTuning(Packing.NO, Map.of());

  /** Sizes so small and so odd that small models go each large model's way. */
  static final KernelTuning ODD =
      new KernelTuning(
          Packing.NO,
          Map.ofEntries(
              Map.entry(Parameter.PANEL_COLUMNS, 17),
              Map.entry(Parameter.WIDE_PANEL_COLUMNS, 53),
              Map.entry(Parameter.WIDE_PANEL_NUMBERS, 400),
              Map.entry(Parameter.PANEL_GAP, 3),
              Map.entry(Parameter.UNPACKED_MULTIPLICATIONS, 1_000),
              Map.entry(Parameter.SHALLOW_DEPTH, 20),
              Map.entry(Parameter.SLICE_ROWS, 9),
              Map.entry(Parameter.ROW_MAJOR_ROWS, 3),
              Map.entry(Parameter.GATE_UNITS, 16),
              Map.entry(Parameter.FUSED_GATE_UNITS, 7),
              Map.entry(Parameter.PRODUCT_ROWS, 5),
              Map.entry(Parameter.INPUT_ROWS, 5),
              Map.entry(Parameter.PRECOMPUTED_STEPS, 3),
              Map.entry(Parameter.PRECOMPUTED_ROWS, 3),
              Map.entry(Parameter.PRECOMPUTED_BYTES, 0),
              Map.entry(Parameter.TIME_BLOCK_STEPS, 3),
              Map.entry(Parameter.TIME_BLOCK_ROWS, 5),
              Map.entry(Parameter.PIPELINE_BLOCKS, 3),
              Map.entry(Parameter.PIPELINE_BYTES, 0)));

  static final List<KernelTuning> ALL = List.of(PACKING, NOT_PACKING, ODD);

  private Tunings() {}
}

package dev.keepgate.kernel.cpu;

import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.PANEL_COLUMNS;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.PANEL_GAP;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.SHALLOW_DEPTH;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.WIDE_PANEL_COLUMNS;
import static dev.keepgate.kernel.cpu.KernelTuning.Parameter.WIDE_PANEL_NUMBERS;

import java.util.ArrayList;
import java.util.List;

/**
 * How a matrix [depth, blocks * width] is cut into panels of columns, each [depth, columns of the
 * panel] row-major in one piece, and which pieces of them the calls of a product take. All of it is
 * known once the matrix is: a small product has no time for divisions.
 */
final class Panels {

  /**
   * Columns that one call multiplies by: a panel, or a part of one.
   *
   * @param start the first, of all columns
   * @param block the block that has it
   * @param column the first, of the block's columns
   * @param at where it lies in the first row
   * @param stride from a row to the next
   */
  record Piece(int start, int size, int block, int column, long at, int stride) {}

  private final int depth;
  private final int width;
  private final int columns;

  /** Columns that BLAS keeps in registers: panels that are wider have a gap behind each row. */
  private final int narrowest;

  /** Columns of a panel, if so many are left. */
  private final int panelWidth;

  private final int gap;

  /** No panel goes over a multiple of so many columns. */
  private final int span;

  private final Piece[] whole;
  private final Piece[] byBlock;

  Panels(int depth, int blocks, int width, KernelTuning tuning) {
    this.depth = depth;
    this.width = width;
    this.columns = Math.multiplyExact(blocks, width);
    this.narrowest = tuning.get(PANEL_COLUMNS);
    this.gap = tuning.get(PANEL_GAP);
    this.panelWidth = panelWidth(depth, tuning);
    // Blocks that do not fit would be cut into more pieces than they have to be.
    boolean fits = width % narrowest == 0 || columns <= panelWidth;
    this.span = panelWidth > narrowest && fits ? columns : width;
    // Calls of more columns than two times those in registers are no faster.
    int most = tuning.packs() ? panelWidth : Math.min(panelWidth, 2 * narrowest);
    this.whole = pieces(columns, most);
    this.byBlock = pieces(width, most);
  }

  private static int panelWidth(int depth, KernelTuning tuning) {
    if (!tuning.packs() && depth > tuning.get(SHALLOW_DEPTH)) {
      return tuning.get(PANEL_COLUMNS);
    }
    int wide = tuning.get(WIDE_PANEL_COLUMNS);
    int most = tuning.get(WIDE_PANEL_NUMBERS);
    while (wide > tuning.get(PANEL_COLUMNS) && (long) wide * depth > most) {
      wide /= 2;
    }
    return wide;
  }

  /**
   * @param outSpan no piece goes over a multiple of so many columns
   * @param most columns of a piece
   */
  private Piece[] pieces(int outSpan, int most) {
    List<Piece> pieces = new ArrayList<>();
    int start = 0;
    while (start < columns) {
      int end = Math.min(panelEnd(start), start - start % outSpan + outSpan);
      end = Math.min(end, start + most);
      int stride = panelStride(start);
      pieces.add(new Piece(start, end - start, start / width, start % width, index(start), stride));
      start = end;
    }
    return pieces.toArray(new Piece[0]);
  }

  /** First column of the panel that has a column. */
  private int panelStart(int column) {
    int within = column % span;
    return column - within + within / panelWidth * panelWidth;
  }

  /** The column behind that panel. */
  private int panelEnd(int column) {
    return Math.min(panelStart(column) + panelWidth, column - column % span + span);
  }

  /** From a row of that panel to the next. */
  private int panelStride(int column) {
    int size = panelEnd(column) - panelStart(column);
    return size == panelWidth && size > narrowest ? size + gap : size;
  }

  /** What is left free in a row of all panels that end before a column. */
  private int gaps(int column) {
    int full = column / span * (span / panelWidth) + column % span / panelWidth;
    return panelWidth > narrowest ? full * gap : 0;
  }

  /** Where a column of the first row lies. */
  private long index(int column) {
    int start = panelStart(column);
    return (long) depth * (start + gaps(start)) + column - start;
  }

  /** Numbers of all panels, what is left free among them. */
  long numbers() {
    return Math.multiplyExact((long) depth, columns + gaps(columns));
  }

  int columns() {
    return columns;
  }

  /**
   * The pieces of a product, in the order in which they lie.
   *
   * @param isWhole whether the blocks of its result lie side by side, so that a piece may be of
   *     more than one
   */
  Piece[] pieces(boolean isWhole) {
    return isWhole ? whole : byBlock;
  }
}

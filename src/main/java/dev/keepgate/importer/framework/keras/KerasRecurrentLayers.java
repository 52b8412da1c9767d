package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Cell;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Merge;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Reads recurrent layers, alone or in both directions. */
final class KerasRecurrentLayers {

  private final KerasCells cells;

  KerasRecurrentLayers(KerasVersion version) {
    this.cells = new KerasCells(version);
  }

  /**
   * What a layer became.
   *
   * @param layers from its input to its output; several of stacked cells
   * @param returnSequences whether it gives all steps
   */
  record Read(List<Layer.Recurrent> layers, boolean returnSequences) {}

  static boolean isRecurrent(KerasLayer layer) {
    return KerasCells.isLayer(layer.className())
        || layer.className().equals("RNN")
        || layer.className().equals("Bidirectional");
  }

  /** Whether it gives both directions apart. */
  static boolean isUnmerged(KerasLayer layer) {
    return layer.className().equals("Bidirectional") && layer.config().path("merge_mode").isNull();
  }

  /**
   * @param masked whether some steps may not count
   */
  Read read(KerasLayer layer, KerasWeights.OfLayer numbers, boolean masked)
      throws IOException, ImportException {
    return layer.className().equals("Bidirectional")
        ? readBidirectional(layer, numbers, masked)
        : readRecurrent(layer, numbers, masked);
  }

  private Read readRecurrent(KerasLayer layer, KerasWeights.OfLayer numbers, boolean masked)
      throws IOException, ImportException {
    boolean returnSequences = checkRecurrent(layer, masked);
    boolean backward = layer.flag("go_backwards");
    boolean repeat = !layer.flag("zero_output_for_mask");
    if (masked && !repeat && !returnSequences) {
      throw layer.unsupported(
          "zero_output_for_mask", "needs return_sequences where steps may not count");
    }
    List<Cell> stack = new ArrayList<>();
    if (layer.config().path("cell").path("class_name").asString("").equals("StackedRNNCells")) {
      stack.addAll(readStack(layer, numbers, backward));
    } else {
      stack.add(readCell(layer, numbers, ""));
    }
    List<Layer.Recurrent> layers = new ArrayList<>();
    for (Cell cell : stack) {
      layers.add(
          backward
              ? new Layer.Recurrent(null, cell, Merge.CONCAT, true, repeat)
              : new Layer.Recurrent(cell, null, Merge.CONCAT, false, repeat));
    }
    return new Read(layers, returnSequences);
  }

  /** Cells on top of each other, all of which run over a step before the next step. */
  private List<Cell> readStack(KerasLayer layer, KerasWeights.OfLayer numbers, boolean backward)
      throws IOException, ImportException {
    if (backward) {
      throw layer.unsupported("go_backwards", "with StackedRNNCells is not supported");
    }
    List<Cell> stack = new ArrayList<>();
    Map<String, Integer> used = new HashMap<>();
    for (JsonNode json : layer.config().path("cell").path("config").path("cells")) {
      KerasLayer cell = KerasLayer.of(json, "");
      if (!KerasCells.isCell(cell.className())) {
        throw cell.unsupported("", "in layer '%s' is not supported".formatted(layer.name()));
      }
      String kind = KerasArchitecture.snakeCase(cell.className());
      int before = used.merge(kind, 1, Integer::sum) - 1;
      stack.add(
          cells.read(cell, numbers, "cell/cells/" + kind + (before == 0 ? "" : "_" + before)));
    }
    if (stack.isEmpty()) {
      throw layer.unsupported("cell", "has no cells");
    }
    return stack;
  }

  private Cell readCell(KerasLayer layer, KerasWeights.OfLayer numbers, String part)
      throws IOException, ImportException {
    if (KerasCells.isLayer(layer.className())) {
      return cells.read(layer, numbers, part + "cell");
    }
    if (!layer.className().equals("RNN")) {
      throw layer.unsupported("", "is not supported");
    }
    KerasLayer cell = layer.inner("cell", "cell");
    if (!KerasCells.isCell(cell.className())) {
      throw cell.unsupported("", "is not supported");
    }
    return cells.read(cell, numbers, part + "cell");
  }

  /** Checks what every recurrent layer has; answers whether it gives all steps. */
  private static boolean checkRecurrent(KerasLayer layer, boolean masked) throws ImportException {
    if (layer.flag("time_major")) {
      throw layer.unsupported("time_major", "is not supported");
    }
    checkUnrolled(layer, layer.flag("go_backwards"), masked);
    return layer.flag("return_sequences");
  }

  /** Where all this comes together, Keras takes the mask in the wrong order. */
  private static void checkUnrolled(KerasLayer layer, boolean backward, boolean masked)
      throws ImportException {
    if (masked && backward && layer.flag("unroll") && layer.flag("zero_output_for_mask")) {
      throw layer.unsupported("unroll", "of masked sequences backward is not supported");
    }
  }

  private Read readBidirectional(KerasLayer layer, KerasWeights.OfLayer numbers, boolean masked)
      throws IOException, ImportException {
    KerasLayer forward = layer.inner("layer", "forward_layer");
    // Older files leave out a backward layer that is made after the forward one.
    boolean isOwn = layer.config().path("backward_layer").isObject();
    KerasLayer backward = isOwn ? layer.inner("backward_layer", "backward_layer") : forward;
    boolean returnSequences = checkRecurrent(forward, masked);
    checkUnrolled(backward, true, masked);
    if (forward.flag("go_backwards")
        || backward.flag("go_backwards") != isOwn
        || backward.flag("return_sequences") != returnSequences) {
      throw layer.unsupported("", "its layers do not run forward and backward");
    }
    Cell first = readCell(forward, numbers, "forward_layer/");
    Cell second = readCell(backward, numbers, "backward_layer/");
    return new Read(
        List.of(new Layer.Recurrent(first, second, merge(layer), false, false)), returnSequences);
  }

  private static Merge merge(KerasLayer layer) throws ImportException {
    JsonNode mode = layer.config().path("merge_mode");
    // Both apart are read side by side, and parted again.
    String name = mode.isMissingNode() || mode.isNull() ? "concat" : mode.asString("");
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "concat" -> Merge.CONCAT;
      case "sum" -> Merge.SUM;
      case "mul" -> Merge.MUL;
      case "ave" -> Merge.AVE;
      default ->
          throw layer.unsupported(
              "merge_mode", "'%s' is none of concat, sum, mul, ave".formatted(name));
    };
  }
}

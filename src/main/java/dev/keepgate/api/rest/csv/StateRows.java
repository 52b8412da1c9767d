package dev.keepgate.api.rest.csv;

import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.StateLayout;
import dev.keepgate.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Puts the states of several series side by side as the rows of a request, and takes them apart.
 */
final class StateRows {

  private StateRows() {}

  /** The states of series as a request brings them; null where none has one yet. */
  static InferenceRequest.@Nullable State join(StateLayout layout, List<Series> series) {
    if (series.stream().allMatch(each -> each.state() == null)) {
      return null;
    }
    int rows = series.size();
    RecurrentState all = RecurrentState.zero(layout, rows);
    for (int row = 0; row < rows; row++) {
      RecurrentState own = series.get(row).state();
      if (own != null) {
        own.copyRow(0, all, row);
      }
    }
    Map<String, List<Tensor>> slots = new HashMap<>();
    for (String name : layout.names()) {
      slots.put(name, tensors(all.of(name), rows, layout.isUniform(name)));
    }
    return InferenceRequest.State.of(slots);
  }

  private static List<Tensor> tensors(float[][] cells, int rows, boolean isUniform) {
    if (isUniform && cells.length > 1) {
      return List.of(Tensor.Floats.stacked(cells, cells.length, rows, cells[0].length / rows));
    }
    List<Tensor> tensors = new ArrayList<>();
    for (float[] cell : cells) {
      tensors.add(Tensor.Floats.of(cell, rows, cell.length / rows));
    }
    return tensors;
  }

  /** Gives each series its row of what a request was answered. */
  static void part(RecurrentState all, List<Series> series) {
    for (int row = 0; row < series.size(); row++) {
      RecurrentState own = series.get(row).state();
      if (own == null) {
        own = RecurrentState.zero(all.layout(), 1);
        series.get(row).state(own);
      }
      all.copyRow(row, own, 0);
    }
  }
}

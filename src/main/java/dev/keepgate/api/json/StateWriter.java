package dev.keepgate.api.json;

import dev.keepgate.model.RecurrentState;
import dev.keepgate.tensor.JsonBuffer;
import dev.keepgate.tensor.Tensor;
import java.util.Map;

/**
 * Writes a state in the shapes that a request may bring it in.
 *
 * @param rows how many rows
 * @param batched whether to write the dimension of rows
 */
public record StateWriter(RecurrentState state, int rows, boolean batched) {

  /** Appends {@code ,"state":{...}}. */
  public void write(JsonBuffer json) {
    json.raw(",\"state\":{");
    for (String name : state.layout().names()) {
      json.comma().raw("\"").raw(name).raw("\":");
      writeCells(json, state.of(name));
    }
    json.raw("}");
  }

  private void writeCells(JsonBuffer json, float[][] cells) {
    json.raw(cells.length > 1 ? "[" : "");
    for (int i = 0; i < cells.length; i++) {
      json.raw(i > 0 ? "," : "").tensor(cells[i], 0, shape(cells[i]));
    }
    json.raw(cells.length > 1 ? "]" : "");
  }

  /** How many numbers it has. */
  public long numbers() {
    return state.layout().rowSize() * rows;
  }

  /** Adds a tensor of each name, or of each slot where those of a name differ in width. */
  public void putInto(Map<String, Tensor.Floats> tensors) {
    for (String name : state.layout().names()) {
      put(tensors, name, state.of(name));
    }
  }

  private void put(Map<String, Tensor.Floats> tensors, String name, float[][] cells) {
    if (cells.length == 1) {
      tensors.put(name, Tensor.Floats.of(cells[0], shape(cells[0])));
      return;
    }
    if (!state.layout().isUniform(name)) {
      for (int i = 0; i < cells.length; i++) {
        tensors.put(name + "." + i, Tensor.Floats.of(cells[i], shape(cells[i])));
      }
      return;
    }
    int width = cells[0].length / rows;
    tensors.put(
        name,
        batched
            ? Tensor.Floats.stacked(cells, cells.length, rows, width)
            : Tensor.Floats.stacked(cells, cells.length, width));
  }

  private int[] shape(float[] cell) {
    int width = cell.length / rows;
    return batched ? new int[] {rows, width} : new int[] {width};
  }
}

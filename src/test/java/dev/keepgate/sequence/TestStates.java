package dev.keepgate.sequence;

import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Slot;
import dev.keepgate.model.StateLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** States without a network that they are of. */
final class TestStates {

  private TestStates() {}

  /**
   * @param rows how many
   * @param h of each cell, [rows, width]
   * @param c likewise
   */
  static RecurrentState lstm(int rows, float[][] h, float[][] c) {
    List<List<Slot>> cells = new ArrayList<>();
    for (int i = 0; i < h.length; i++) {
      cells.add(List.of(new Slot("h", h[i].length / rows), new Slot("c", c[i].length / rows)));
    }
    return RecurrentState.of(new StateLayout(cells), Map.of("h", h, "c", c));
  }
}

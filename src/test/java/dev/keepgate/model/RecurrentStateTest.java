package dev.keepgate.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** States of cells that differ in their slots, and of a layer that keeps a window. */
class RecurrentStateTest {

  private static final StateLayout MIXED =
      new StateLayout(
          List.of(
              List.of(new Slot("h", 2), new Slot("c", 3)),
              List.of(new Slot("window", 4)),
              List.of(new Slot("h", 2))));

  @Test
  void slotsOfANameBelongTogether() {
    assertThat(MIXED.names()).containsExactly("h", "c", "window");
    assertThat(MIXED.count("h")).isEqualTo(2);
    assertThat(MIXED.widths("h")).containsExactly(2, 2);
    assertThat(MIXED.isUniform("h")).isTrue();
    assertThat(MIXED.rowSize()).isEqualTo(11);
    assertThat(MIXED.first(2)).isEqualTo(3);
    assertThat(new StateLayout(List.of(List.of(new Slot("h", 1)), List.of(new Slot("h", 2)))))
        .satisfies(layout -> assertThat(layout.isUniform("h")).isFalse());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MIXED.widths("q"))
        .withMessageContaining("the state has no q, only [h, c, window]");
  }

  @Test
  void arraysOfANameAreThoseOfItsSlots() {
    float[][] h = {{1, 2}, {3, 4}};
    RecurrentState state =
        RecurrentState.of(
            MIXED,
            Map.of(
                "h", h, "c", new float[][] {{5, 6, 7}}, "window", new float[][] {{8, 9, 10, 11}}));
    assertThat(state.of("h")).isEqualTo(h);
    assertThat(state.values()[2]).containsExactly(8, 9, 10, 11);
    assertThat(state.values()[3]).containsExactly(3, 4);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RecurrentState.of(MIXED, Map.of("h", h)))
        .withMessageContaining("1 slots are called c, got 0 arrays");
  }

  @Test
  void rowIsCopiedInAllSlots() {
    RecurrentState from = RecurrentState.zero(MIXED, 2);
    for (float[] slot : from.values()) {
      for (int i = 0; i < slot.length; i++) {
        slot[i] = 1 + i;
      }
    }
    RecurrentState to = RecurrentState.zero(MIXED, 3);
    from.copyRow(1, to, 2);
    assertThat(to.values()[0]).containsExactly(0, 0, 0, 0, 3, 4);
    assertThat(to.values()[1]).containsExactly(0, 0, 0, 0, 0, 0, 4, 5, 6);
    assertThat(to.values()[2]).containsExactly(0, 0, 0, 0, 0, 0, 0, 0, 5, 6, 7, 8);
  }

  @Test
  void slotsOfAnOwnerHaveNamesOfTheirOwn() {
    assertThatExceptionOfType(InconsistentModelException.class)
        .isThrownBy(() -> new StateLayout(List.of(List.of(new Slot("h", 1), new Slot("h", 1)))));
    assertThatExceptionOfType(InconsistentModelException.class)
        .isThrownBy(() -> new StateLayout(List.of(List.of())));
    assertThatExceptionOfType(InconsistentModelException.class)
        .isThrownBy(() -> new Slot("h.0", 1));
    assertThatExceptionOfType(InconsistentModelException.class).isThrownBy(() -> new Slot("h", 0));
  }
}

package dev.keepgate.listener;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ListenersTest {

  @Test
  void oneThatThrowsHarmsNobody() {
    List<String> heard = new ArrayList<>();
    Consumer<String> failing =
        event -> {
          throw new IllegalStateException("a listener that fails harms nobody");
        };
    Consumer<String> broken =
        event -> {
          throw new NoClassDefFoundError("neither does one that cannot be linked");
        };
    Listeners<Consumer<String>> listeners = new Listeners<>(List.of(failing, heard::add, broken));
    listeners.tell(listener -> listener.accept("a"));
    listeners.tell(listener -> listener.accept("b"));
    assertThat(heard).containsExactly("a", "b");
  }
}

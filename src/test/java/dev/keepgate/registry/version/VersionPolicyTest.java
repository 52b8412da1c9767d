package dev.keepgate.registry.version;

import static dev.keepgate.registry.ModelStatus.AVAILABLE;
import static dev.keepgate.registry.ModelStatus.END;
import static dev.keepgate.registry.ModelStatus.LOADING;
import static dev.keepgate.registry.ModelStatus.START;
import static dev.keepgate.registry.ModelStatus.UNLOADING;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelStatus;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class VersionPolicyTest {

  private static final ModelId ID = new ModelId("m", 1);

  /** Versions from 1 on, in this order of statuses, and the one that stands for the name. */
  @ParameterizedTest
  @CsvSource({
    "AVAILABLE, 1",
    "AVAILABLE AVAILABLE, 2",
    "AVAILABLE LOADING, 1",
    "AVAILABLE START, 1",
    "AVAILABLE END, 1",
    "AVAILABLE UNLOADING, 1",
    "AVAILABLE AVAILABLE END UNLOADING, 2",
    "LOADING START, 2",
    "START LOADING, 2",
    "LOADING END, 1",
    "START UNLOADING, 1",
    "END END, 2",
    "END UNLOADING, 1",
    "UNLOADING END, 2",
    "UNLOADING UNLOADING, 2",
  })
  void latestIsTheHighestThatServesOrComesNearest(String statuses, long latest) {
    TreeMap<Long, ModelStatus> versions = new TreeMap<>();
    Arrays.stream(statuses.split(" "))
        .forEach(status -> versions.put(versions.size() + 1L, ModelStatus.valueOf(status)));
    TreeMap<Long, Long> numbers = new TreeMap<>();
    versions.keySet().forEach(number -> numbers.put(number, number));
    Function<Long, ModelStatus> status = versions::get;
    assertThat(VersionPolicy.latest(numbers, status)).isEqualTo(latest);
  }

  @Test
  void nameWithoutVersionsHasNoLatest() {
    assertThat(VersionPolicy.latest(new TreeMap<Long, ModelStatus>(), Function.identity()))
        .isNull();
  }

  private static VersionPolicy.@Nullable Known known(ModelStatus status, @Nullable String stamp) {
    return new VersionPolicy.Known(status, stamp);
  }

  /** What is known of a version, its stamp before and now (null: no folder), and what to do. */
  static Stream<Arguments> looks() {
    return Stream.of(
        // One that is new is loaded once it looks the same twice.
        Arguments.of(null, null, "a", ""),
        Arguments.of(null, "a", "b", ""),
        Arguments.of(null, "a", "a", "load"),
        Arguments.of(null, "a", null, ""),
        // One that serves is never read again, and goes with its folder.
        Arguments.of(known(AVAILABLE, "a"), "a", "a", ""),
        Arguments.of(known(AVAILABLE, "a"), "b", "b", ""),
        Arguments.of(known(AVAILABLE, null), "b", "b", ""),
        Arguments.of(known(AVAILABLE, "a"), "a", null, "unload"),
        Arguments.of(known(AVAILABLE, null), null, null, "unload"),
        // One that could not be loaded is, once its files have changed and rest.
        Arguments.of(known(END, "a"), "a", "a", ""),
        Arguments.of(known(END, "a"), "a", "b", ""),
        Arguments.of(known(END, "a"), "b", "b", "load"),
        Arguments.of(known(END, null), "b", "b", ""),
        Arguments.of(known(END, "a"), "a", null, "unload"),
        // One that is loading may be on its way in; one that goes needs nobody.
        Arguments.of(known(START, "a"), "a", null, ""),
        Arguments.of(known(LOADING, "a"), "a", null, ""),
        Arguments.of(known(LOADING, "a"), "b", "b", ""),
        Arguments.of(known(UNLOADING, "a"), "a", null, ""),
        Arguments.of(known(UNLOADING, "a"), "b", "b", ""));
  }

  @ParameterizedTest
  @MethodSource("looks")
  void whatToDoFollowsFromTwoLooks(
      VersionPolicy.@Nullable Known known,
      @Nullable String before,
      @Nullable String now,
      String toDo) {
    VersionPolicy.Plan plan = VersionPolicy.plan(map(known), map(before), map(now));
    assertThat(plan.load()).isEqualTo(toDo.equals("load") ? List.of(ID) : List.of());
    assertThat(plan.unload()).isEqualTo(toDo.equals("unload") ? List.of(ID) : List.of());
  }

  private static <V> Map<ModelId, V> map(@Nullable V value) {
    return value == null ? Map.of() : Map.of(ID, value);
  }

  @Test
  void plansAreInOrder() {
    List<ModelId> ids = List.of(new ModelId("a", 2), new ModelId("a", 10), new ModelId("b", 1));
    Map<ModelId, String> found = new HashMap<>();
    ids.forEach(id -> found.put(id, "x"));
    assertThat(VersionPolicy.plan(Map.of(), found, found).load()).isEqualTo(ids);
  }
}

package dev.keepgate.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.util.unit.DataSize;

class MemoryPlanTest {

  private static MemoryPlan plan(
      int machine, int heap, @Nullable DataSize inFlight, @Nullable DataSize sequences) {
    return plan(machine, heap, inFlight, sequences, List.of());
  }

  private static MemoryPlan plan(
      int machine,
      int heap,
      @Nullable DataSize inFlight,
      @Nullable DataSize sequences,
      List<Map<String, String>> bindings) {
    return MemoryPlan.of(
        DataSize.ofMegabytes(machine).toBytes(),
        DataSize.ofMegabytes(heap).toBytes(),
        new MemoryProperties(
            null,
            null,
            new MemoryProperties.Sequences("memory", sequences, null),
            new MemoryProperties.Inference(inFlight),
            new MemoryProperties.Streams(DataSize.ofMegabytes(128), bindings)));
  }

  @Test
  void storesOfStreamsTakeFromTheModelsWhereThereAreBindings() {
    long without = plan(4096, 1024, null, null).models();
    long with = plan(4096, 1024, null, null, List.of(Map.of("name", "pumps"))).models();
    assertThat(without - with).isEqualTo(DataSize.ofMegabytes(128).toBytes());
  }

  @ParameterizedTest
  @CsvSource({"1024, 256", "2048, 512", "4096, 1024", "24000, 6000", "300, 100"})
  void thePartsOfTheHeapFitIntoIt(int machine, int heap) {
    MemoryPlan plan = plan(machine, heap, null, null);
    assertThat(plan.inFlight()).isPositive();
    assertThat(plan.sequences()).isPositive();
    assertThat(plan.imports()).isPositive();
    assertThat(plan.inFlight() + plan.sequences() + plan.imports())
        .isLessThanOrEqualTo(plan.heap() * 9 / 10);
  }

  @ParameterizedTest
  @CsvSource({"2048, 512", "4096, 1024", "24000, 6000"})
  void theHeapAndWhatIsBesideItFitIntoTheMachine(int machine, int heap) {
    MemoryPlan plan = plan(machine, heap, null, null);
    assertThat(plan.heap() + plan.direct() + plan.models()).isLessThanOrEqualTo(plan.machine());
  }

  @ParameterizedTest
  @CsvSource({"300, 10", "10, 300", "300, 300"})
  void whatIsSetIsTakenFromTheOthers(int inFlight, int sequences) {
    MemoryPlan plan =
        plan(4096, 1024, DataSize.ofMegabytes(inFlight), DataSize.ofMegabytes(sequences));
    assertThat(plan.inFlight()).isEqualTo(DataSize.ofMegabytes(inFlight).toBytes());
    assertThat(plan.sequences()).isEqualTo(DataSize.ofMegabytes(sequences).toBytes());
    assertThat(plan.imports()).isPositive();
    assertThat(plan.inFlight() + plan.sequences() + plan.imports()).isLessThan(plan.heap());
  }

  private static MemoryPlan planOf(MemoryProperties.Sequences sequences) {
    return MemoryPlan.of(
        DataSize.ofMegabytes(4096).toBytes(),
        DataSize.ofMegabytes(1024).toBytes(),
        new MemoryProperties(
            null,
            null,
            sequences,
            new MemoryProperties.Inference(null),
            new MemoryProperties.Streams(DataSize.ofMegabytes(128), List.of())));
  }

  @Test
  void sequencesInRedisTakeOfTheHeapWhatIsRemembered() {
    DataSize inRedis = DataSize.ofGigabytes(100);
    MemoryPlan derived = planOf(new MemoryProperties.Sequences("redis", inRedis, null));
    assertThat(derived.sequences())
        .isEqualTo(planOf(new MemoryProperties.Sequences("memory", null, null)).sequences());
    DataSize remembered = DataSize.ofMegabytes(3);
    assertThat(planOf(new MemoryProperties.Sequences("redis", inRedis, remembered)).sequences())
        .isEqualTo(remembered.toBytes());
    MemoryPlan nothing =
        planOf(new MemoryProperties.Sequences("redis", inRedis, DataSize.ofBytes(0)));
    assertThat(nothing.sequences()).isZero();
    assertThat(nothing.imports()).isGreaterThan(derived.imports());
  }
}

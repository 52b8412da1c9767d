package dev.keepgate.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Former names are published for one release, with what the present ones say. */
class DistributionTest {

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @Test
  void formerNameSaysTheSame() {
    Distribution size = new Distribution(registry, MeterName.BATCH_SIZE, new double[] {1, 2});
    size.record(2);
    size.record(3);
    for (String name : List.of("keepgate.batch.size", "keepgate.lane.rows")) {
      assertThat(registry.get(name).summary().count()).as(name).isEqualTo(2);
      assertThat(registry.get(name).summary().totalAmount()).as(name).isEqualTo(5);
    }
  }

  @Test
  void bothNamesGoWithTheirModel() {
    Distribution rows =
        new Distribution(registry, MeterName.REQUEST_ROWS, new double[0], "lstm", "step");
    assertThat(registry.getMeters())
        .extracting(meter -> meter.getId().getName())
        .containsExactlyInAnyOrder("keepgate.request.rows", "keepgate.batch.rows");
    assertThat(registry.getMeters())
        .extracting(Meter::getId)
        .allSatisfy(
            id ->
                assertThat(id.getTags())
                    .containsExactly(Tag.of("model", "lstm"), Tag.of("operation", "step")));
    rows.remove();
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void namesAreOfOneMeterEach() {
    assertThat(Arrays.stream(MeterName.values()).map(MeterName::id)).doesNotHaveDuplicates();
    assertThat(Arrays.stream(MeterName.values()).map(MeterName::formerId))
        .doesNotContainAnyElementsOf(Arrays.stream(MeterName.values()).map(MeterName::id).toList());
  }

  @Test
  void tagThatIsMissingIsAFault() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MeterName.REQUESTS.tags("lstm", "step"))
        .withMessageContaining("keepgate.requests has the tags [model, operation, outcome]");
  }
}

package dev.keepgate.registry.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.ModelBytes;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.RegistryProperties.BuiltIn;
import dev.keepgate.registry.Shadow;
import dev.keepgate.registry.VersionLabel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.unit.DataSize;

/** Labels in the repository. */
class LabelsTest {

  @TempDir Path root;

  private OpenRegistry start() throws IOException {
    OpenRegistry registry =
        OpenRegistry.begin(root, new ReferenceKernel(), BuiltIn.NEVER, DataSize.ofMegabytes(64));
    registry.watch.startUp().join();
    return registry;
  }

  private static long latest(OpenRegistry registry) {
    return version(registry, ModelRequest.latest("m"));
  }

  private static long version(OpenRegistry registry, ModelRequest request) {
    try (ModelHandle handle = registry.models.acquire(request)) {
      return handle.id().version();
    }
  }

  private static void put(OpenRegistry registry, long version) throws IOException {
    registry.put("m", version, ModelBytes.pytorch(3, 4, version));
  }

  @Test
  void labelsSurviveARestartAndGoWithTheLast() throws Exception {
    try (OpenRegistry registry = start()) {
      put(registry, 1);
      put(registry, 2);
      registry.models.label("m", "stable", VersionLabel.of(1));
      registry.models.label("m", "canary", VersionLabel.of(2));
    }
    assertThat(root.resolve("m/.labels")).hasContent("canary 2\nstable 1\n");
    try (OpenRegistry registry = start()) {
      assertThat(latest(registry)).isEqualTo(1);
      assertThat(version(registry, new ModelRequest.Labelled("m", "canary"))).isEqualTo(2);
      assertThat(registry.models.labels("m"))
          .isEqualTo(Map.of("canary", VersionLabel.of(2), "stable", VersionLabel.of(1)));
      registry.models.unlabel("m", "stable");
      registry.models.unlabel("m", "canary");
      assertThat(latest(registry)).isEqualTo(2);
      assertThat(root.resolve("m/.labels")).doesNotExist();
      registry.models.remove("m");
      assertThat(root.resolve("m")).doesNotExist();
    }
  }

  /** What was promised is not there: no other version is answered in its place. */
  @Test
  void labelOfAVersionThatIsNotHereIsNotAnsweredByAnother() throws Exception {
    try (OpenRegistry registry = start()) {
      put(registry, 1);
      put(registry, 2);
      registry.models.label("m", "stable", VersionLabel.of(1));
    }
    Files.write(root.resolve("m/1/model.safetensors"), new byte[] {1, 2, 3});
    try (OpenRegistry registry = start()) {
      assertThatExceptionOfType(RegistryException.NotAvailable.class)
          .isThrownBy(() -> latest(registry));
      registry.models.label("m", "stable", VersionLabel.of(2));
      assertThat(latest(registry)).isEqualTo(2);
    }
    try (OpenRegistry registry = start()) {
      registry.models.label("m", "other", VersionLabel.of(2));
      Files.writeString(root.resolve("m/.labels"), "stable 7\n");
      registry.watch.poll();
      assertThatExceptionOfType(RegistryException.NotFound.class)
          .isThrownBy(() -> latest(registry))
          .withMessageContaining("has no version 7");
      assertThat(version(registry, ModelRequest.specific("m", 2))).isEqualTo(2);
    }
  }

  @Test
  void unloadedVersionKeepsItsLabelAndIsNotDeleted() throws Exception {
    try (OpenRegistry registry = start()) {
      put(registry, 1);
      registry.models.label("m", "stable", VersionLabel.of(1));
      registry.models.unload("m");
      assertThatExceptionOfType(RegistryException.VersionLabelled.class)
          .isThrownBy(() -> registry.models.remove(new ModelId("m", 1)))
          .withMessageContaining("[stable]");
      registry.models.load("m");
      assertThat(latest(registry)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "stable",
        "stable x\n",
        "Stable 1\n",
        "stable 1\nstable 2\n",
        "stable 0\n",
        "canary 1 0.5\n",
        "canary 1 weight=\n",
        "canary 1 weight=0\n",
        "canary 1 weight=1\n",
        "canary 1 weight=-0.5\n",
        "canary 1 weight=NaN\n",
        "canary 1 weight=0.1 weight=0.2\n",
        "canary 1  weight=0.1\n",
        "canary 1 shadow=0\n",
        "canary 1 shadow=1.5\n",
        "canary 1 shadow=NaN\n",
        "canary 1 shadow=0.5 weight=0.5\n"
      })
  void damagedFileIsNotPassedOver(String text) throws Exception {
    try (OpenRegistry registry = start()) {
      put(registry, 1);
    }
    Files.writeString(root.resolve("m/.labels"), text);
    assertThatExceptionOfType(UncheckedIOException.class)
        .isThrownBy(this::start)
        .havingCause()
        .withMessageContaining("m/.labels is damaged")
        .withMessageContaining("delete it");
  }

  @Test
  void weightsSurviveARestartAndShareWhatNamesNoVersion() throws Exception {
    try (OpenRegistry registry = start()) {
      put(registry, 1);
      put(registry, 2);
      put(registry, 3);
      registry.models.label("m", "stable", VersionLabel.of(1));
      registry.models.label("m", "canary", new VersionLabel(2, 0.25));
      registry.models.label("m", "other", new VersionLabel(3, 0.5));
      registry.models.label("m", "next", new VersionLabel(3, 0, 1));
      registry.models.label("m", "both", new VersionLabel(3, 0.01, 0.5));
      registry.models.label("m", "both", new VersionLabel(3, 0, 0.5));
    }
    assertThat(root.resolve("m/.labels"))
        .hasContent(
            """
            both 3 shadow=0.5
            canary 2 weight=0.25
            next 3 shadow=1.0
            other 3 weight=0.5
            stable 1
            """);
    try (OpenRegistry registry = start()) {
      ModelId third = new ModelId("m", 3);
      List<Shadow> shadows = List.of(new Shadow("both", third, 0.5), new Shadow("next", third, 1));
      assertThat(registry.models.shadows(new ModelId("m", 1))).isEqualTo(shadows);
      assertThat(registry.models.shadows(new ModelId("m", 2))).isEmpty();
      registry.models.unlabel("m", "stable");
      assertThat(registry.models.shadows(new ModelId("m", 1))).isEmpty();
      assertThat(registry.models.shadows(third)).isEqualTo(shadows);
      registry.models.label("m", "stable", VersionLabel.of(1));
      double[] points = {0, 0.2499, 0.25, 0.7499, 0.75, 0.9999, 1};
      assertThat(Arrays.stream(points).mapToLong(point -> at(registry, point)))
          .containsExactly(2L, 2L, 3L, 3L, 1L, 1L, 1L);
      assertThat(registry.models.find(ModelRequest.latest("m")).id().version()).isEqualTo(1);
      assertThat(version(registry, new ModelRequest.Labelled("m", "stable"))).isEqualTo(1);
      Map<Long, Integer> drawn = new TreeMap<>();
      for (int i = 0; i < 20_000; i++) {
        drawn.merge(latest(registry), 1, Integer::sum);
      }
      // Six standard deviations are 424 at most.
      assertThat(drawn.get(1L)).isBetween(4_576, 5_424);
      assertThat(drawn.get(2L)).isBetween(4_576, 5_424);
      assertThat(drawn.get(3L)).isBetween(9_576, 10_424);
      registry.models.label("m", "other", VersionLabel.of(3));
      assertThat(at(registry, 0.5)).isEqualTo(1);
      registry.models.unlabel("m", "canary");
      assertThat(at(registry, 0)).isEqualTo(1);
    }
  }

  private static long at(OpenRegistry registry, double point) {
    return version(registry, new ModelRequest.Latest("m", point));
  }

  /** Who named no version gets an answer; who named the label learns that it does not serve. */
  @Test
  void shareOfALabelThatDoesNotServeIsAnsweredAsTheRest() throws Exception {
    try (OpenRegistry registry = start()) {
      put(registry, 1);
      put(registry, 2);
      registry.models.label("m", "stable", VersionLabel.of(1));
      registry.models.label("m", "canary", new VersionLabel(2, 0.9));
    }
    Files.write(root.resolve("m/2/model.safetensors"), new byte[] {1, 2, 3});
    try (OpenRegistry registry = start()) {
      assertThat(at(registry, 0)).isEqualTo(1);
      assertThat(at(registry, 0.95)).isEqualTo(1);
      assertThat(registry.passedOver).containsExactly("m canary");
      assertThatExceptionOfType(RegistryException.NotAvailable.class)
          .isThrownBy(() -> version(registry, new ModelRequest.Labelled("m", "canary")));
    }
  }

  @Test
  void weightsAddToNoMoreThanOne() throws Exception {
    try (OpenRegistry registry = start()) {
      put(registry, 1);
      for (String label : List.of("a", "b", "c")) {
        registry.models.label("m", label, new VersionLabel(1, 0.3));
      }
      registry.models.label("m", "d", new VersionLabel(1, 0.1));
      assertThatExceptionOfType(RegistryException.TooMuchWeight.class)
          .isThrownBy(() -> registry.models.label("m", "e", new VersionLabel(1, 0.01)));
      assertThatExceptionOfType(RegistryException.TooMuchWeight.class)
          .isThrownBy(() -> registry.models.label("m", "d", new VersionLabel(1, 0.11)));
      registry.models.label("m", "a", new VersionLabel(1, 0.29));
      registry.models.label("m", "e", new VersionLabel(1, 0.01));
    }
  }
}

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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
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
      registry.models.label(new ModelId("m", 1), "stable");
      registry.models.label(new ModelId("m", 2), "canary");
    }
    assertThat(root.resolve("m/.labels")).hasContent("canary 2\nstable 1\n");
    try (OpenRegistry registry = start()) {
      assertThat(latest(registry)).isEqualTo(1);
      assertThat(version(registry, new ModelRequest.Labelled("m", "canary"))).isEqualTo(2);
      assertThat(registry.models.labels("m")).isEqualTo(Map.of("canary", 2L, "stable", 1L));
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
      registry.models.label(new ModelId("m", 1), "stable");
    }
    Files.write(root.resolve("m/1/model.safetensors"), new byte[] {1, 2, 3});
    try (OpenRegistry registry = start()) {
      assertThatExceptionOfType(RegistryException.NotAvailable.class)
          .isThrownBy(() -> latest(registry));
      registry.models.label(new ModelId("m", 2), "stable");
      assertThat(latest(registry)).isEqualTo(2);
    }
    try (OpenRegistry registry = start()) {
      registry.models.label(new ModelId("m", 2), "other");
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
      registry.models.label(new ModelId("m", 1), "stable");
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
      strings = {"stable", "stable x\n", "Stable 1\n", "stable 1\nstable 2\n", "stable 0\n"})
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
}

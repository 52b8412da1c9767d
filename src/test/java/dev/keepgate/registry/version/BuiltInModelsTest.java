package dev.keepgate.registry.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.ModelBytes;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.ModelStatus;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.RegistryProperties.BuiltIn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

/** The models that come with the server, over restarts. */
class BuiltInModelsTest {

  private static final String CELL = "notebook-cell/1";
  private static final String SEQUENCE = "notebook-sequence/1";
  private static final String STACKED = "notebook-stacked/1";
  private static final byte[] FILE = ModelBytes.pytorch(3, 4, 1);

  @TempDir Path folder;

  @Test
  void theyServeBesideWhatIsUploaded() throws Exception {
    try (OpenRegistry registry = start(BuiltIn.AUTO)) {
      assertThat(served(registry)).containsExactly(CELL, SEQUENCE, STACKED);
      registry.put("a", 1, FILE);
    }
    try (OpenRegistry registry = start(BuiltIn.AUTO)) {
      assertThat(served(registry)).containsExactly("a/1", CELL, SEQUENCE, STACKED);
    }
    try (OpenRegistry registry = start(BuiltIn.NEVER)) {
      assertThat(served(registry)).containsExactly("a/1");
    }
  }

  @Test
  void oneThatWasRemovedStaysAway() throws Exception {
    try (OpenRegistry registry = start(BuiltIn.AUTO)) {
      registry.models.remove("notebook-cell");
      registry.models.remove(new ModelId("notebook-stacked", 1));
      assertThat(served(registry)).containsExactly(SEQUENCE);
    }
    for (int restart = 0; restart < 2; restart++) {
      try (OpenRegistry registry = start(BuiltIn.AUTO)) {
        assertThat(served(registry)).containsExactly(SEQUENCE);
        assertThatExceptionOfType(RegistryException.NotFound.class)
            .isThrownBy(() -> registry.models.load("notebook-cell"));
        registry.watch.poll();
        assertThat(served(registry)).containsExactly(SEQUENCE);
      }
    }
    try (OpenRegistry registry = start(BuiltIn.ALWAYS)) {
      assertThat(served(registry)).containsExactly(CELL, SEQUENCE, STACKED);
    }
  }

  @Test
  void oneThatWasUnloadedComesBackUnlessItIsRemoved() throws Exception {
    try (OpenRegistry registry = start(BuiltIn.AUTO)) {
      registry.models.unload("notebook-cell");
      registry.models.unload("notebook-stacked");
      registry.models.remove("notebook-stacked");
    }
    try (OpenRegistry registry = start(BuiltIn.AUTO)) {
      assertThat(served(registry)).containsExactly(CELL, SEQUENCE);
    }
  }

  @Test
  void nameThatTheRepositoryHasIsTheRepositorys() throws Exception {
    Path version = Files.createDirectories(folder.resolve("models/notebook-cell/3"));
    Files.write(version.resolve("model.safetensors"), FILE);
    for (BuiltIn setting : List.of(BuiltIn.AUTO, BuiltIn.ALWAYS)) {
      try (OpenRegistry registry = start(setting)) {
        assertThat(served(registry)).containsExactly("notebook-cell/3", SEQUENCE, STACKED);
      }
    }
  }

  @Test
  void oneThatWasRemovedMakesRoomForAnotherOfItsName() throws Exception {
    try (OpenRegistry registry = start(BuiltIn.AUTO)) {
      registry.models.remove("notebook-cell");
      registry.put("notebook-cell", 1, FILE);
    }
    try (OpenRegistry registry = start(BuiltIn.AUTO)) {
      assertThat(registry.models.find(ModelRequest.latest("notebook-cell")).builtIn()).isFalse();
      registry.models.remove("notebook-cell");
    }
    try (OpenRegistry registry = start(BuiltIn.AUTO)) {
      assertThat(served(registry)).containsExactly(SEQUENCE, STACKED);
    }
  }

  @Test
  void removalThatCannotBeKeptIsRefused() throws Exception {
    try (OpenRegistry registry = start(BuiltIn.AUTO)) {
      Path moved = Files.move(folder.resolve("models"), folder.resolve("moved"));
      assertThatExceptionOfType(RegistryException.StorageFailure.class)
          .isThrownBy(() -> registry.models.remove("notebook-cell"));
      assertThat(served(registry)).containsExactly(CELL, SEQUENCE, STACKED);
      Files.move(moved, folder.resolve("models"));
      registry.models.remove("notebook-cell");
      assertThat(served(registry)).containsExactly(SEQUENCE, STACKED);
    }
  }

  private OpenRegistry start(BuiltIn builtIn) throws IOException {
    return OpenRegistry.start(
        folder.resolve("models"), new CountingKernel(), builtIn, DataSize.ofMegabytes(64));
  }

  private static List<String> served(OpenRegistry registry) {
    return registry.models.list().stream()
        .filter(info -> info.status() == ModelStatus.AVAILABLE)
        .map(info -> info.id().toString())
        .toList();
  }
}

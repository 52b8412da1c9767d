package dev.keepgate.registry.repository;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.RegistryProperties;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

/** What lies beside a version's files in a folder that many servers may write to. */
class ModelRepositoryTest {

  private static final ModelId ID = new ModelId("a", 1);

  @TempDir Path root;

  private static ModelRepository open(Path root) throws IOException {
    return ModelRepository.open(
        new RegistryProperties.Repository(
            root, null, 1, 1, RegistryProperties.BuiltIn.NEVER, null, DataSize.ofBytes(0), 100));
  }

  @Test
  void firstOfTwoServersNamesAVersionForBoth() throws IOException {
    Files.createDirectories(root.resolve("a/1"));
    Revision first = Revision.mint("digest");
    Revision second = Revision.mint("digest");
    try (ModelRepository one = open(root);
        ModelRepository other = open(root)) {
      assertThat(one.markFirst(ID, first)).isEqualTo(first);
      assertThat(other.markFirst(ID, second)).isEqualTo(first);
      assertThat(one.revision(ID)).isEqualTo(first);
      Revision ofOtherFiles = Revision.mint("another-digest");
      assertThat(other.markFirst(ID, ofOtherFiles)).isEqualTo(ofOtherFiles);
      assertThat(one.revision(ID)).isEqualTo(ofOtherFiles);
      one.mark(ID, second);
      assertThat(other.revision(ID)).isEqualTo(second);
    }
  }
}

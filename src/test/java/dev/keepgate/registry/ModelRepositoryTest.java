package dev.keepgate.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.model.ModelId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What lies beside a version's files in a folder that many servers may write to. */
class ModelRepositoryTest {

  private static final ModelId ID = new ModelId("a", 1);

  @TempDir Path root;

  @Test
  void firstOfTwoServersNamesAVersionForBoth() throws IOException {
    Files.createDirectories(root.resolve("a/1"));
    Revision first = Revision.mint("digest");
    Revision second = Revision.mint("digest");
    try (ModelRepository one = ModelRepository.open(root, null, 0);
        ModelRepository other = ModelRepository.open(root, null, 0)) {
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

package dev.keepgate.registry.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files are known by their names and contents alone. */
class ManifestTest {

  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @TempDir Path folder;

  @Test
  void listsFilesByNameWithSizesAndDigests() throws IOException {
    Files.writeString(folder.resolve("model weights.npz"), "abc");
    Files.writeString(folder.resolve("config.json"), "");
    Files.writeString(folder.resolve(".revision"), "not a part of it");
    Files.createDirectory(folder.resolve("sub"));
    Manifest manifest = Manifest.of(folder);
    assertThat(manifest.files())
        .containsExactly(
            new Manifest.File(
                "config.json",
                0,
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            new Manifest.File("model weights.npz", 3, ABC));
    assertThat(manifest.bytes()).isEqualTo(3);
    assertThat(Manifest.parse(manifest.text())).isEqualTo(manifest);
    assertThat(Manifest.parse(manifest.text()).digest()).isEqualTo(manifest.digest());
    assertThat(Manifest.digest(folder)).isEqualTo(manifest.digest());
  }

  @Test
  void digestChangesWithANameOrAByte() throws IOException {
    Files.writeString(folder.resolve("a"), "abc");
    String digest = Manifest.of(folder).digest();
    Files.move(folder.resolve("a"), folder.resolve("b"));
    String renamed = Manifest.of(folder).digest();
    Files.writeString(folder.resolve("b"), "abd");
    assertThat(Manifest.of(folder).digest()).isNotIn(digest, renamed);
    assertThat(renamed).isNotEqualTo(digest);
  }

  @Test
  void noFileIsNoVersion() {
    assertThatExceptionOfType(IOException.class).isThrownBy(() -> Manifest.of(folder));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../a", "a/b", "/etc/passwd", ".revision", "..", "a\\b", "a\u0000b", "a\rb"})
  void namesThatLeadElsewhereAreRefused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Manifest.parse(ABC + " 3 " + name + "\n"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "abc 3 a", ABC + " -3 a", ABC + " 3", ABC + " 99999999999999999999 a"})
  void damagedTextIsRefused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Manifest.parse(text));
  }

  @Test
  void revisionIsReadAsItWasWritten() {
    Revision revision = Revision.mint(ABC);
    assertThat(RevisionFile.decode(RevisionFile.encode(revision))).isEqualTo(revision);
    assertThat(RevisionFile.decode("half".getBytes(StandardCharsets.US_ASCII))).isNull();
    assertThat(RevisionFile.decode(new byte[0])).isNull();
  }
}

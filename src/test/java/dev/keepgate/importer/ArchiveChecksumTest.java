package dev.keepgate.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.GoldenCase;
import dev.keepgate.importer.ImportException.Fault;
import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.registry.ImporterConfiguration;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An archive with one of its bits changed is refused, or is the same model as before: what is read
 * of it is held against the archive's checksums.
 */
class ArchiveChecksumTest {

  private static final int CHANGES = 1500;

  private final Importers importers = ImporterConfiguration.importers(ImportLimits.DEFAULT);

  @TempDir private Path folder;

  static Stream<Arguments> archives() throws IOException {
    return Stream.of(
        Arguments.of("npz", golden("pytorch-1layer", ".npz")),
        Arguments.of("npz, deflated", deflated("pytorch-1layer", ".npz")),
        Arguments.of("pt", golden("pytorch-1layer", "model.pt")),
        Arguments.of("pt, deflated", deflated("pytorch-1layer", "model.pt")),
        Arguments.of("keras", golden("keras-nobias", ".keras")),
        Arguments.of("checkpoint", golden("tf2-x-keras", ".zip")),
        Arguments.of("checkpoint, tar", golden("tf2-x-keras", ".tar")),
        Arguments.of("DL4J", FuzzTarget.deeplearning4j().seeds().get(0).first()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("archives")
  void changedByteIsRefusedOrChangesNothing(String format, byte[] archive) throws Exception {
    long seed = System.nanoTime();
    System.out.println("ArchiveChecksumTest: " + format + ", seed " + seed);
    Random random = new Random(seed);
    Path file = folder.resolve("model");
    float[] whole = answers(Files.write(file, archive));
    int refused = 0;
    for (int at : random.ints(CHANGES, 0, archive.length).toArray()) {
      byte[] damaged = archive.clone();
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      try {
        assertThat(answers(Files.write(file, damaged)))
            .as("byte %d, seed %d", at, seed)
            .isEqualTo(whole);
      } catch (ImportException e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(CHANGES / 4);
  }

  @Test
  void refusalNamesTheEntry() throws IOException {
    byte[] archive = golden("pytorch-1layer", ".npz");
    // Behind the first entry's own header and that of its array.
    archive[250] ^= 1;
    Path file = Files.write(folder.resolve("model.npz"), archive);
    assertThatExceptionOfType(ImportException.class)
        .isThrownBy(() -> answers(file))
        .withMessageContaining(".npy' does not have its checksum")
        .satisfies(e -> assertThat(e.fault()).isEqualTo(Fault.MALFORMED));
  }

  private float[] answers(Path file) throws IOException, ImportException {
    Network model = importers.read(ModelFiles.of(file), null, ImportConfig.NONE).network();
    LstmKernel kernel = new ReferenceKernel();
    boolean takesIds = model.signature().takesIds();
    float[] x = new float[takesIds ? 0 : 2 * model.signature().inputSize()];
    for (int i = 0; i < x.length; i++) {
      x[i] = (i * 7 % 11) / 5f - 1;
    }
    int[] ids = takesIds ? new int[] {1, 2} : null;
    NetworkInput input =
        new NetworkInput(1, 2, x, ids, null, RecurrentState.zero(model.signature().state(), 1));
    try (CompiledModel compiled = kernel.compile(model);
        LstmKernel.Scratch scratch = kernel.newScratch()) {
      return compiled.unroll(input, true, false, scratch).output();
    }
  }

  private static byte[] golden(String name, String ending) throws IOException {
    return Files.readAllBytes(GoldenCase.read(name).file(ending));
  }

  private static byte[] deflated(String name, String ending) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipFile zip = new ZipFile(GoldenCase.read(name).file(ending).toFile());
        ZipOutputStream out = new ZipOutputStream(bytes)) {
      for (ZipEntry entry : List.copyOf(zip.stream().toList())) {
        out.putNextEntry(new ZipEntry(entry.getName()));
        out.write(zip.getInputStream(entry).readAllBytes());
      }
    }
    return bytes.toByteArray();
  }
}

package dev.keepgate.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.registry.ImporterConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Damaged files are refused, whatever the damage; the seed of each run is printed. */
class DamagedFileTest {

  private static final int ROUNDS = 400;
  private static final Path GOLDEN = Path.of("src/test/resources/golden");

  private final ImportLimits limits = new ImportLimits(8 << 20, 1 << 20, 1000);
  private final Importers importers = ImporterConfiguration.importers(limits);

  @TempDir private static Path folder;

  static Stream<Path> files() throws IOException {
    return Stream.of(
        GOLDEN.resolve("keras-extra-stacked-norms/model.keras"),
        GOLDEN.resolve("keras-extra-stacked-norms/model.h5"),
        GOLDEN.resolve("keras-extra-keras2-functional/model.h5"),
        Path.of("src/test/resources/refused/keras/latest.h5"),
        GOLDEN.resolve("pytorch-1layer/model.npz"),
        GOLDEN.resolve("pytorch-1layer/model.pt"),
        network());
  }

  private static Path network() throws IOException {
    // Before ND4J is first used: what it takes from the environment is set there.
    Backend.load(BlasOptions.DEFAULT);
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .list(
                    new LSTM.Builder().nIn(3).nOut(4).build(),
                    new RnnOutputLayer.Builder().nIn(4).nOut(2).build())
                .build());
    network.init();
    Path file = folder.resolve("network.zip");
    ModelSerializer.writeModel(network, file.toFile(), false);
    return file;
  }

  @ParameterizedTest
  @MethodSource("files")
  void damagedFileIsRefusedOrRead(Path file) throws IOException {
    long seed = System.nanoTime();
    System.out.println("DamagedFileTest: " + file.getFileName() + ", seed " + seed);
    Random random = new Random(seed);
    Path damaged = folder.resolve("damaged");
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      if (file.toString().endsWith(".h5") || round % 8 == 0) {
        Files.write(damaged, damage(Files.readAllBytes(file), random));
      } else {
        damageEntry(file, damaged, random);
      }
      try {
        importers.read(ModelFiles.of(damaged), null, ImportConfig.NONE);
      } catch (ImportException | IOException e) {
        refused++;
      } catch (Throwable e) {
        fail("seed %d, round %d".formatted(seed, round), e);
      }
    }
    assertThat(refused).isPositive();
  }

  /** Damages what an archive holds, where its checksums would otherwise hide it. */
  private static void damageEntry(Path file, Path damaged, Random random) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile());
        ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(damaged))) {
      List<? extends ZipEntry> entries = zip.stream().toList();
      int chosen = random.nextInt(entries.size());
      int index = 0;
      for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); index++) {
        ZipEntry entry = all.nextElement();
        byte[] bytes = zip.getInputStream(entry).readAllBytes();
        out.putNextEntry(new ZipEntry(entry.getName()));
        out.write(index == chosen ? damage(bytes, random) : bytes);
      }
    }
  }

  private static byte[] damage(byte[] bytes, Random random) {
    byte[] damaged = bytes.clone();
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(damaged.length);
      switch (random.nextInt(4)) {
        case 0 -> damaged[at] = (byte) random.nextInt(256);
        case 1 -> damaged[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> damaged[at] = (byte) 0xff;
        default -> {
          int length = Math.min(8, damaged.length - at);
          System.arraycopy(
              damaged, random.nextInt(damaged.length - length + 1), damaged, at, length);
        }
      }
    }
    return random.nextInt(10) == 0
        ? Arrays.copyOf(damaged, random.nextInt(damaged.length))
        : damaged;
  }
}

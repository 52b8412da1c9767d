package dev.keepgate.importer;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.keepgate.GoldenCase;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.registry.ImporterConfiguration;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;

/**
 * A format whose importer is given damaged files, made of the golden ones.
 *
 * @param format the format
 * @param ending of the file that is damaged; where a model has more files, they stay whole
 * @param seeds the golden models that have such a file
 */
record FuzzTarget(ModelFormat format, String ending, List<Seed> seeds) {

  /** What a damaged file may make an importer allocate at most, however often it is tempted. */
  private static final long MAX_ALLOCATED = 64 << 20;

  private static final ImportLimits LIMITS = new ImportLimits(1 << 20, 1 << 16, 200);
  private static final Importers IMPORTERS = ImporterConfiguration.importers(LIMITS);

  /**
   * The files of one model, the one to damage first.
   *
   * @param names of the files
   * @param contents of the files
   */
  record Seed(List<String> names, List<byte[]> contents) {

    byte[] first() {
      return contents.get(0);
    }

    private static Seed read(List<Path> files, String ending) {
      List<String> names = new ArrayList<>();
      List<byte[]> contents = new ArrayList<>();
      try {
        for (Path file : files) {
          int at = file.toString().endsWith(ending) ? 0 : names.size();
          names.add(at, file.getFileName().toString());
          contents.add(at, Files.readAllBytes(file));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return new Seed(names, contents);
    }
  }

  /** A format with the golden models that have a file of an ending. */
  static FuzzTarget of(ModelFormat format, String ending) {
    return new FuzzTarget(
        format,
        ending,
        GoldenCase.all("")
            .flatMap(golden -> golden.models().stream())
            .filter(files -> files.stream().anyMatch(file -> file.toString().endsWith(ending)))
            .map(files -> Seed.read(files, ending))
            .toList());
  }

  /** A network of Deeplearning4j's, which has no golden files. */
  static FuzzTarget deeplearning4j() {
    // Before ND4J is first used: what it takes from the environment is set there.
    Backend.load(BlasOptions.DEFAULT);
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .list(
                    new LSTM.Builder().nIn(2).nOut(3).build(),
                    new RnnOutputLayer.Builder().nIn(3).nOut(2).build())
                .build());
    network.init();
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    try {
      ModelSerializer.writeModel(network, zip, false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Seed seed = new Seed(List.of("network.zip"), List.of(zip.toByteArray()));
    return new FuzzTarget(ModelFormat.DL4J, "network.zip", List.of(seed));
  }

  /** The first files of the seeds, which a fuzzer starts from. */
  List<byte[]> corpus() {
    return seeds.stream().map(Seed::first).toList();
  }

  /**
   * Imports a damaged file, whole ones of the first seed beside it.
   *
   * @throws AssertionError if the importer throws what it must not, or allocates more than it may
   */
  void check(byte[] damaged) {
    check(seeds.get(0), damaged);
  }

  /** Imports a seed with its first file damaged. */
  void check(Seed seed, byte[] damaged) {
    try {
      Path folder = Files.createTempDirectory("fuzz");
      List<Path> files =
          IntStream.range(0, seed.names().size())
              .mapToObj(i -> folder.resolve(seed.names().get(i)))
              .toList();
      try {
        for (int i = 0; i < files.size(); i++) {
          Files.write(files.get(i), i == 0 ? damaged : seed.contents().get(i));
        }
        check(new ModelFiles(files));
      } finally {
        for (Path file : files) {
          Files.deleteIfExists(file);
        }
        Files.delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void check(ModelFiles files) throws IOException {
    long allocated = read(files);
    if (allocated > MAX_ALLOCATED) {
      // The first time, classes are loaded too, and a fuzzer's agent rewrites them.
      allocated = read(files);
    }
    assertThat(allocated).isLessThan(MAX_ALLOCATED);
  }

  /** Reads a model, or not, and counts the bytes allocated for it. */
  private long read(ModelFiles files) throws IOException {
    ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = memory.getCurrentThreadAllocatedBytes();
    IMPORTERS.importers().forEach(importer -> assertThat(tell(importer, files)).isNotNull());
    try {
      IMPORTERS.read(files, format, ImportConfig.NONE);
    } catch (ImportException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
    return memory.getCurrentThreadAllocatedBytes() - before;
  }

  @Override
  public String toString() {
    return format + " " + ending;
  }

  private static Boolean tell(ModelImporter importer, ModelFiles files) {
    try {
      return importer.recognizes(files);
    } catch (IOException e) {
      throw new AssertionError(importer.format() + " cannot tell", e);
    }
  }
}

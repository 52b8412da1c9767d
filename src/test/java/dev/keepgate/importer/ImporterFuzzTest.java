package dev.keepgate.importer;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.keepgate.importer.FuzzTarget.Seed;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Damaged files get an answer, not a crash, and no more memory than is allowed.
 *
 * <p>A test run damages the golden files a few thousand times at random, and gives Jazzer's tests
 * the whole ones; {@code mvn -Pfuzz test -Dtest='ImporterFuzzTest#pytorch'} lets Jazzer search one
 * format.
 */
class ImporterFuzzTest {

  private static final int RUNS = Integer.getInteger("keepgate.fuzz.runs", 400);

  private static final FuzzTarget SAFETENSORS =
      FuzzTarget.of(ModelFormat.SAFETENSORS, ".safetensors");
  private static final FuzzTarget NPZ = FuzzTarget.of(ModelFormat.NPZ, ".npz");
  private static final FuzzTarget PYTORCH = FuzzTarget.of(ModelFormat.PYTORCH, ".pt");
  private static final FuzzTarget CHECKPOINT =
      FuzzTarget.of(ModelFormat.TENSORFLOW_CHECKPOINT, ".ckpt.index");
  private static final FuzzTarget CHECKPOINT_TAR =
      FuzzTarget.of(ModelFormat.TENSORFLOW_CHECKPOINT, "saved-model.tar");
  private static final FuzzTarget KERAS = FuzzTarget.of(ModelFormat.KERAS, ".keras");
  private static final FuzzTarget HDF5 = FuzzTarget.of(ModelFormat.HDF5, ".h5");
  private static final FuzzTarget ONNX = FuzzTarget.of(ModelFormat.ONNX, ".onnx");

  private static final FuzzTarget DL4J = FuzzTarget.deeplearning4j();

  static Stream<FuzzTarget> targets() {
    return Stream.of(
        SAFETENSORS, NPZ, PYTORCH, CHECKPOINT, CHECKPOINT_TAR, KERAS, HDF5, ONNX, DL4J);
  }

  @ParameterizedTest
  @MethodSource("targets")
  void damagedFilesAreRefused(FuzzTarget target) {
    long start = Long.getLong("keepgate.fuzz.seed", System.nanoTime());
    System.out.printf("%s: -Dkeepgate.fuzz.seed=%d%n", target, start);
    ByteMutator mutator = new ByteMutator(new Random(start));
    List<Seed> seeds = target.seeds();
    for (int run = 0; run < RUNS; run++) {
      Seed seed = seeds.get(run % seeds.size());
      byte[] damaged = mutator.mutate(seed.first());
      // Else hardly any change would get past the checksums.
      if (target.equals(CHECKPOINT)) {
        SortedTableChecksums.repair(seed.first(), damaged);
      }
      try {
        target.check(seed, damaged);
      } catch (RuntimeException | Error e) {
        throw new AssertionError("run %d, seed %d: %s".formatted(run, start, e), e);
      }
    }
  }

  static List<byte[]> safetensors() {
    return SAFETENSORS.corpus();
  }

  @MethodSource
  @FuzzTest
  void safetensors(byte @Nullable [] file) {
    SAFETENSORS.check(file == null ? new byte[0] : file);
  }

  static List<byte[]> npz() {
    return NPZ.corpus();
  }

  @MethodSource
  @FuzzTest
  void npz(byte @Nullable [] file) {
    NPZ.check(file == null ? new byte[0] : file);
  }

  static List<byte[]> pytorch() {
    return PYTORCH.corpus();
  }

  @MethodSource
  @FuzzTest
  void pytorch(byte @Nullable [] file) {
    PYTORCH.check(file == null ? new byte[0] : file);
  }

  static List<byte[]> checkpoint() {
    return CHECKPOINT.corpus();
  }

  @MethodSource
  @FuzzTest
  void checkpoint(byte @Nullable [] file) {
    CHECKPOINT.check(file == null ? new byte[0] : file);
  }

  static List<byte[]> keras() {
    return KERAS.corpus();
  }

  @MethodSource
  @FuzzTest
  void keras(byte @Nullable [] file) {
    KERAS.check(file == null ? new byte[0] : file);
  }

  static List<byte[]> hdf5() {
    return HDF5.corpus();
  }

  @MethodSource
  @FuzzTest
  void hdf5(byte @Nullable [] file) {
    HDF5.check(file == null ? new byte[0] : file);
  }

  static List<byte[]> onnx() {
    return ONNX.corpus();
  }

  @MethodSource
  @FuzzTest
  void onnx(byte @Nullable [] file) {
    ONNX.check(file == null ? new byte[0] : file);
  }

  static List<byte[]> dl4j() {
    return DL4J.corpus();
  }

  @MethodSource
  @FuzzTest
  void dl4j(byte @Nullable [] file) {
    DL4J.check(file == null ? new byte[0] : file);
  }
}

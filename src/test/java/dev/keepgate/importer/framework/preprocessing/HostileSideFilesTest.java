package dev.keepgate.importer.framework.preprocessing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportException.Fault;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.model.Scaler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are damaged, or made to do harm, are refused by what they are. */
class HostileSideFilesTest {

  private static final Path FOLDER = Path.of("src/test/resources/preprocessing");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "system.pkl | posix.system",
        "system.joblib | posix.system",
        "builtins.eval.pkl | builtins.eval",
        "PowerTransformer.pkl | PowerTransformer",
        "QuantileTransformer.pkl | QuantileTransformer",
        "Normalizer.pkl | Normalizer",
        "KBinsDiscretizer.pkl | KBinsDiscretizer",
        "PolynomialFeatures.pkl | PolynomialFeatures",
        "numpy.log1p.pkl | log1p",
        "not-fitted.pkl | is not fitted",
        "pipeline-PowerTransformer.pkl | PowerTransformer",
        "columns-OneHotEncoder.pkl | OneHotEncoder",
        "transformer_weights.pkl | weighs its parts",
        "two.pkl | goes on behind its first value",
      })
  void whatIsNoScalerIsNamed(String file, String why) throws IOException {
    ImportException e = refusal(Files.readAllBytes(FOLDER.resolve("refused").resolve(file)));
    assertThat(e.fault()).isEqualTo(Fault.UNSUPPORTED);
    assertThat(e).hasMessageContaining(why);
  }

  @Test
  void whatWouldRunCodeIsSaidToBeDangerous() throws IOException {
    assertThat(refusal(Files.readAllBytes(FOLDER.resolve("refused/system.pkl"))))
        .hasMessageContaining("do not open it; here nothing was run");
  }

  @Test
  void bombIsRefusedBeforeItUnpacks() throws IOException {
    ImportException e = refusal(Files.readAllBytes(FOLDER.resolve("refused/bomb.joblib")));
    assertThat(e.fault()).isEqualTo(Fault.TOO_LARGE);
    assertThat(e).hasMessageContaining("more than 67108864 bytes");
  }

  @Test
  void columnsWithoutEndAreRefused() throws IOException {
    assertThat(refusal(Files.readAllBytes(FOLDER.resolve("refused/wide.pkl"))))
        .hasMessageContaining("2147483647");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // A list that holds itself, as an estimator's steps and as labels.
        "\\x80\\x04]q\\x00h\\x00a. | no scaler",
        "\\x80\\x04csklearn.pipeline\\nPipeline\\n)\\x81q\\x00}X\\x05\\x00\\x00\\x00steps(X\\x01\\x00\\x00\\x00ah\\x00\\x86\\x94lsb. | too many others",
        "\\x80\\x04cjoblib.numpy_pickle\\nNumpyArrayWrapper\\n)\\x81}b. | joblib",
        "\\x80\\x04cnumpy\\nndarray\\n)\\x81. | calls it",
        "\\x80\\x04cnumpy\\ndtype\\nX\\x02\\x00\\x00\\x00V8\\x85R. | V8",
        "\\x80\\x04cnumpy\\ndtype\\nX\\x0a\\x00\\x00\\x00U999999999\\x85R. | U999999999",
        "\\x80\\x04\\x8d\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x7f. | more than",
        "\\x80\\x04\\x97. | opcode",
        "\\x80\\x04Vid\\nP. | damaged",
        "\\x80\\x04Pid\\n. | outside of itself",
        "\\x80\\x06. | known form",
        "\\x80\\x04}]]s. | no name or number",
        "\\x80\\x04ccopyreg\\n_reconstructor\\ncposix\\nsystem\\n\\x85R. | posix.system",
        "cposix\\nsystem\\n(S'true'\\ntR. | posix.system",
        "c__builtin__\\nexec\\n(S'true'\\ntR. | __builtin__.exec",
        "(iposix\\nsystem\\n. | posix.system",
      })
  void pickleThatIsMoreThanDataIsNotFollowed(String pickle, String why) {
    assertThat(refusal(bytes(pickle))).hasMessageContaining(why);
  }

  /** Every start of a file is refused; none of them is a scaler of other numbers. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "standard-1.9-p0.pkl",
        "standard-1.9-p2.pkl",
        "minmax-1.9-p5.pkl",
        "named-1.9.joblib",
        "standard-1.9-zlib.joblib",
        "standard-1.9-gzip.joblib",
        "standard-1.9-bz2.joblib",
        "standard-1.9-xz.joblib",
        "standard-1.9-lzma.joblib",
        "standard-1.9-lz4.joblib",
        "columns-names-1.9.pkl",
      })
  void fileThatIsCutShortIsRefusedOrExact(String name) throws Exception {
    byte[] file = Files.readAllBytes(FOLDER.resolve(name));
    Scaler whole = ScalerFile.read(file, ImportLimits.DEFAULT).scaler();
    for (int length = 0; length < file.length; length++) {
      Scaler cut = scaler(Arrays.copyOf(file, length));
      if (cut != null) {
        assertThat(cut.columns()).as("%s, %d bytes", name, length).isEqualTo(whole.columns());
      }
    }
  }

  /** Whatever a file holds, it is read or refused: no other exception, no endless loop. */
  @Test
  void damagedFilesAreReadOrRefused() throws Exception {
    long seed = System.nanoTime();
    System.out.println("HostileSideFilesTest: seed " + seed);
    Random random = new Random(seed);
    List<String> names =
        List.of(
            "standard-1.9-p0.pkl",
            "minmax-1.9-p4.pkl",
            "named-1.9.pkl",
            "robust-1.9.joblib",
            "columns-nested-1.9.pkl",
            "standard-1.9-zlib.joblib",
            "standard-1.9-gzip.joblib",
            "standard-1.9-bz2.joblib",
            "standard-1.9-xz.joblib",
            "standard-1.9-lzma.joblib",
            "standard-1.9-lz4.joblib",
            "pipeline-1.9.pkl",
            "columns-slice-1.9.pkl",
            "labels/encoder-p2.pkl",
            "labels/classes.npy",
            "labels/encoder-objects.joblib",
            "vocabulary/unknown-p4.pkl",
            "threshold/one-p5.pkl");
    for (String name : names) {
      byte[] file = Files.readAllBytes(FOLDER.resolve(name));
      for (int i = 0; i < 400; i++) {
        byte[] changed = file.clone();
        for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
          changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
        }
        scaler(changed);
        tolerate(() -> LabelsFile.read(changed, ImportLimits.DEFAULT));
        tolerate(() -> VocabularyFile.read(changed, ImportLimits.DEFAULT));
        tolerate(() -> ThresholdFile.read(changed, ImportLimits.DEFAULT));
      }
    }
  }

  @Test
  void nameWithoutEndIsRefused() {
    int length = 200_000;
    String name = "sklearn" + ".a".repeat(length);
    byte[] pickle =
        ("\u0080\u0004X"
                + new String(
                    ByteBuffer.allocate(4)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(name.length())
                        .array(),
                    StandardCharsets.ISO_8859_1)
                + name
                + "\u008c\u0001A\u0093.")
            .getBytes(StandardCharsets.ISO_8859_1);
    assertThat(refusal(pickle)).hasMessageContaining("name longer than");
  }

  /** Claims of a size that no file has are refused before memory is taken for them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2147483647,), } | 2147483647",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), } | size",
        "{'descr': '<U0', 'fortran_order': False, 'shape': (1000000,), } | as many elements",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), } | as many elements",
        "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,), } | plain array",
      })
  void npyClaimsAreHeldAgainstItsBytes(String header, String why) {
    String start = "\\x93NUMPY\\x01\\x00\\x%02x\\x00".formatted(header.length());
    assertThat(refusal(bytes(start + header))).hasMessageContaining(why);
  }

  @Test
  void valuesWithoutEndAreRefused() {
    byte[] json = ("[" + "{},".repeat(1_000_001) + "1]").getBytes(StandardCharsets.US_ASCII);
    assertThat(refusal(json).fault()).isEqualTo(Fault.TOO_LARGE);
    byte[] lines = "\n".repeat(1_000_001).getBytes(StandardCharsets.US_ASCII);
    assertThat(refusal(lines).fault()).isEqualTo(Fault.TOO_LARGE);
    byte[] opcodes = ("\u0080\u0004" + "}".repeat(2_000_001)).getBytes(StandardCharsets.ISO_8859_1);
    assertThat(refusal(opcodes)).hasMessageContaining("more than 2000000 opcodes");
  }

  private interface Reading {
    Object read() throws ImportException;
  }

  private static void tolerate(Reading reading) {
    try {
      reading.read();
    } catch (ImportException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  private static @Nullable Scaler scaler(byte[] file) {
    try {
      return ScalerFile.read(file, ImportLimits.DEFAULT).scaler();
    } catch (ImportException e) {
      assertThat(e.getMessage()).isNotBlank();
      return null;
    }
  }

  private static ImportException refusal(byte[] file) {
    ImportException e =
        catchThrowableOfType(
            ImportException.class, () -> ScalerFile.read(file, ImportLimits.DEFAULT));
    assertThat(e).isNotNull();
    return e;
  }

  /** Bytes of text with the escapes of Python's: {@code \xNN} and {@code \n}. */
  private static byte[] bytes(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < text.length(); i++) {
      if (text.startsWith("\\x", i)) {
        bytes.write(Integer.parseInt(text.substring(i + 2, i + 4), 16));
        i += 3;
      } else if (text.startsWith("\\n", i)) {
        bytes.write('\n');
        i++;
      } else {
        bytes.writeBytes(text.substring(i, i + 1).getBytes(StandardCharsets.ISO_8859_1));
      }
    }
    return bytes.toByteArray();
  }
}

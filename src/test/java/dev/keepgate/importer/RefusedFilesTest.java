package dev.keepgate.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.keepgate.GoldenCase;
import dev.keepgate.ModelBytes;
import dev.keepgate.importer.ImportException.Fault;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.file.safetensors.SafetensorsContainer;
import dev.keepgate.importer.framework.NamedTensors;
import dev.keepgate.importer.framework.TensorConvention;
import dev.keepgate.importer.framework.TensorFileImporter;
import dev.keepgate.importer.framework.forward.Modules;
import dev.keepgate.model.LayerDescription;
import dev.keepgate.registry.ImporterConfiguration;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are not read say why, and what would be. */
class RefusedFilesTest {

  private final Importers importers = ImporterConfiguration.importers(ImportLimits.DEFAULT);

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"whole-module.pt", "whole-module-before-1.6.pt"})
  void pickledModuleIsNamedWithWhatToSave(String file) {
    ImportException e = refusal(Path.of("src/test/resources/refused", file));
    assertThat(e.fault()).isEqualTo(Fault.UNSUPPORTED);
    assertThat(e)
        .hasMessageContaining("torch.nn.modules.rnn.LSTM")
        .hasMessageContaining("torch.save(model.state_dict(), \"model.pt\")");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\\x80\\x02cposix\\nsystem\\nX\\x04\\x00\\x00\\x00true\\x85R. | posix.system",
        "\\x80\\x04\\x8c\\x08builtins\\x8c\\x04eval\\x93. | builtins.eval",
        "\\x80\\x02\\x821. | opcode",
        "\\x80\\x02]q\\x00h\\x00a. | no dict of tensors",
        "\\x80\\x02}q\\x00X\\x05\\x00\\x00\\x00modelh\\x00s. | no dict of tensors",
        "\\x80\\x02X\\xff\\xff\\xff\\x7fa. | more than",
        "\\x80\\x02h\\x05. | not stored",
        "\\x80\\x02R. | empty stack",
        "\\x80\\x02]q\\x00ccollections\\nOrderedDict\\nh\\x00\\x85R. | made of a list",
      })
  void pickleThatIsMoreThanDataIsNotFollowed(String pickle, String why) throws IOException {
    assertThat(refusal(zip(Map.of("model/data.pkl", bytes(pickle))))).hasMessageContaining(why);
  }

  @Test
  void bigEndianNumbersAreRefused() throws IOException {
    Map<String, byte[]> entries =
        Map.of("m/data.pkl", bytes("\\x80\\x02}."), "m/byteorder", bytes("big"));
    assertThat(refusal(zip(entries))).hasMessageContaining("big-endian");
  }

  @Test
  void severalLstmsAreListedAndOneCanBeNamed() throws Exception {
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    putLstm(tensors, "encoder.", 2, 3);
    putLstm(tensors, "module.decoder.", 2, 1);
    Path file = safetensors(tensors);
    assertThat(refusal(file)).hasMessageContaining("[encoder, module.decoder]");
    ImportedModel imported = read(file, "{\"prefix\": \"decoder\"}");
    assertThat(imported.network().signature().outputSize()).isEqualTo(1);
    assertThat(imported.unusedTensors()).contains("encoder.weight_hh_l0");
  }

  @Test
  void layerThatIsMissingIsNotPassedOver() throws IOException {
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    putLstm(tensors, "", 2, 3);
    tensors.put("weight_ih_l2", ones(12, 3));
    tensors.put("weight_hh_l2", ones(12, 3));
    assertThat(refusal(safetensors(tensors)))
        .hasMessageContaining("weight_ih_l2: belongs to none of the 1 layers before it");
  }

  @Test
  void halfABiasIsRefused() throws IOException {
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    putLstm(tensors, "", 2, 3);
    tensors.put("bias_ih_l0", ones(12));
    assertThat(refusal(safetensors(tensors))).hasMessageContaining("bias_hh_l0");
  }

  @Test
  void severalLinearLayersAreListedAndOneCanBeNamed() throws Exception {
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    putLstm(tensors, "lstm.", 2, 3);
    for (String name : List.of("tags", "chunks")) {
      tensors.put(name + ".weight", ones(4, 3));
      tensors.put(name + ".bias", ones(4));
    }
    Path file = safetensors(tensors);
    ImportException e = refusal(file);
    assertThat(e.problems()).extracting(ImportException.Problem::where).containsExactly("head");
    assertThat(e).hasMessageContaining("tags.weight [4, 3]").hasMessageContaining("chunks.weight");
    assertThat(read(file, "{\"head\": \"chunks\"}").unusedTensors())
        .containsExactlyInAnyOrder("tags.weight", "tags.bias");
  }

  @Test
  void severalEmbeddingsAreListedAndOneCanBeNamed() throws Exception {
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    putLstm(tensors, "lstm.", 2, 3);
    tensors.put("words.weight", ones(7, 2));
    tensors.put("letters.weight", ones(5, 2));
    Path file = safetensors(tensors);
    assertThat(refusal(file)).hasMessageContaining("words.weight [7, 2], letters.weight [5, 2]");
    String config = "{\"embedding\": \"letters\", \"ignore\": [\"words\"]}";
    assertThat(read(file, config).network().describe().layers().get(0).table())
        .isEqualTo(new LayerDescription.Table(5, false));
  }

  @Test
  void bytesBehindTheLastTensorAreRefused() throws IOException {
    Path file = lstm();
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length + 3));
    assertThat(refusal(file)).hasMessageContaining("3 bytes follow the last tensor");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "4 | 0 | a: begins at byte 4, 4 bytes behind the tensor before it",
        "0 | 4 | b: begins at byte 8, 4 bytes behind the tensor before it",
      })
  void roomBetweenTensorsIsRefused(int before, int between, String why) throws IOException {
    int second = before + 4 + between;
    String header =
        "{%s,%s}"
            .formatted(
                ModelBytes.entry("a", "F32", "[1]", before, before + 4),
                ModelBytes.entry("b", "F32", "[1]", second, second + 4));
    byte[] bytes = ModelBytes.safetensors(header, new byte[second + 4]);
    assertThat(refusal(Files.write(folder.resolve("model.safetensors"), bytes)))
        .hasMessageContaining(why);
  }

  @Test
  void bytesBehindTheLastStorageAreRefused() throws IOException {
    byte[] bytes =
        Files.readAllBytes(GoldenCase.read("pytorch-x-checkpoint").file("model-before-1.6.pt"));
    Path file = Files.write(folder.resolve("model.pt"), Arrays.copyOf(bytes, bytes.length + 8));
    assertThat(refusal(file)).hasMessageContaining("8 bytes after its last storage");
  }

  @Test
  void tensorOfTenThousandDimensionsIsRefused() throws IOException {
    String shape = "[" + "1,".repeat(9_999) + "1]";
    byte[] safetensors =
        ModelBytes.safetensors("{" + ModelBytes.entry("a", "F32", shape, 0, 4) + "}", new byte[4]);
    assertThat(refusal(Files.write(folder.resolve("model.safetensors"), safetensors)))
        .hasMessageContaining("a: its shape has more than the 32 numbers allowed");
    byte[] npz = ModelBytes.npz(ModelBytes.Npy.of("a", "<f4", "1,".repeat(9_999) + "1", 4));
    assertThat(refusal(Files.write(folder.resolve("model.npz"), npz)))
        .hasMessageContaining("10000 dimensions, 64 are allowed");
  }

  @Test
  void changedObjectGraphFailsItsChecksum() throws IOException {
    GoldenCase golden = GoldenCase.read("tf2-x-keras");
    Path index = folder.resolve("model.ckpt.index");
    Path data = folder.resolve("model.ckpt.data-00000-of-00001");
    try (ZipFile zip = new ZipFile(golden.file(".zip").toFile())) {
      for (ZipEntry entry : zip.stream().map(ZipEntry.class::cast).toList()) {
        byte[] bytes = zip.getInputStream(entry).readAllBytes();
        int graph = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(".ATTRIBUTES");
        if (entry.getName().endsWith(".index")) {
          Files.write(index, bytes);
        } else if (entry.getName().contains(".data-")) {
          bytes[graph] ^= 1;
          Files.write(data, bytes);
        }
      }
    }
    assertThat(refusal(data, index)).hasMessageContaining("object graph has a wrong checksum");
  }

  /** A fault of this server is not told as one of the file. */
  @Test
  void onlyAModelThatDoesNotFitIsToldAsUnsupported() throws IOException {
    TensorConvention broken =
        new TensorConvention() {
          @Override
          public boolean recognizes(Collection<TensorInfo> tensors) {
            return true;
          }

          @Override
          public Modules modules(NamedTensors tensors, ImportConfig config) {
            throw new IllegalArgumentException("a fault of ours");
          }
        };
    ModelFiles files = ModelFiles.of(lstm());
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new TensorFileImporter(new SafetensorsContainer(), List.of(broken))
                    .read(files, ImportConfig.NONE, ImportLimits.DEFAULT))
        .withMessage("a fault of ours");
  }

  private Path lstm() throws IOException {
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    putLstm(tensors, "", 2, 3);
    return safetensors(tensors);
  }

  @Test
  void numbersThatAreNoneAreRefused() throws IOException {
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    putLstm(tensors, "", 1, 1);
    tensors.put("bias_ih_l0", Tensor.Floats.of(new float[] {0, Float.NaN, 0, 0}, 4));
    assertThat(refusal(safetensors(tensors))).hasMessageContaining("bias_ih_l0: holds NaN");
  }

  @Test
  void nameThatIsMeantToKeepPatternsBusyIsRefused() throws IOException {
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    tensors.put("cell/".repeat(1000) + "recurrent_kernel", ones(1));
    assertThat(refusal(safetensors(tensors))).hasMessageContaining("a name longer than");
  }

  @Test
  void indexWithoutDataNamesTheFileThatIsMissing() throws IOException {
    Path index = GoldenCase.read("tf1-basic-lstm-cell").file(".index");
    assertThat(refusal(index)).hasMessageContaining("model.ckpt.data-00000-of-00001");
  }

  @Test
  void changedVariableFailsItsChecksum() throws IOException {
    GoldenCase golden = GoldenCase.read("tf1-basic-lstm-cell");
    Path index = Files.copy(golden.file(".index"), folder.resolve("model.ckpt.index"));
    byte[] bytes = Files.readAllBytes(golden.file("00001"));
    bytes[bytes.length / 2] ^= 1;
    Path data = Files.write(folder.resolve("model.ckpt.data-00000-of-00001"), bytes);
    assertThat(refusal(data, index)).hasMessageContaining("wrong checksum");
  }

  @Test
  void archiveThatUnfoldsToMoreThanIsAllowedIsRefused() throws IOException {
    Path file = folder.resolve("bomb");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      byte[] header = new byte[512];
      System.arraycopy(bytes("m.index"), 0, header, 0, 7);
      System.arraycopy(bytes("0000644"), 0, header, 100, 7);
      System.arraycopy(bytes("77777777777"), 0, header, 124, 11);
      Arrays.fill(header, 148, 156, (byte) ' ');
      header[156] = '0';
      System.arraycopy(bytes("ustar"), 0, header, 257, 5);
      int sum = 0;
      for (byte each : header) {
        sum += each;
      }
      System.arraycopy(bytes("%06o".formatted(sum)), 0, header, 148, 6);
      out.write(header);
      byte[] zeros = new byte[1 << 16];
      for (int i = 0; i < 64; i++) {
        out.write(zeros);
      }
    }
    assertThatExceptionOfType(ImportException.class)
        .isThrownBy(
            () ->
                importers.read(
                    ModelFiles.of(file),
                    null,
                    ImportConfig.NONE,
                    new ImportLimits(1 << 20, 1 << 10, 10)))
        .withMessageContaining("unfolds to more")
        .satisfies(e -> assertThat(e.fault()).isEqualTo(Fault.TOO_LARGE));
  }

  private static void putLstm(
      Map<String, Tensor.Floats> tensors, String prefix, int input, int hidden) {
    tensors.put(prefix + "weight_ih_l0", ones(4 * hidden, input));
    tensors.put(prefix + "weight_hh_l0", ones(4 * hidden, hidden));
  }

  private static Tensor.Floats ones(int... shape) {
    float[] values = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    Arrays.fill(values, 1);
    return Tensor.Floats.of(values, shape);
  }

  private Path safetensors(Map<String, Tensor.Floats> tensors) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Safetensors.write(out, tensors, Map.of());
    return Files.write(folder.resolve("model.safetensors"), out.toByteArray());
  }

  private Path zip(Map<String, byte[]> entries) throws IOException {
    Path file = folder.resolve("model.pt");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
      }
    }
    return file;
  }

  /** Python's notation of bytes. */
  private static byte[] bytes(String python) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < python.length(); i++) {
      if (python.startsWith("\\x", i)) {
        out.write(Integer.parseInt(python.substring(i + 2, i + 4), 16));
        i += 3;
      } else if (python.startsWith("\\n", i)) {
        out.write('\n');
        i++;
      } else {
        out.write(python.charAt(i));
      }
    }
    return out.toByteArray();
  }

  private ImportedModel read(Path file, String config) throws IOException, ImportException {
    return importers.read(
        ModelFiles.of(file), null, ImportConfig.parse(config.getBytes(StandardCharsets.UTF_8)));
  }

  private ImportException refusal(Path... files) {
    return assertThatExceptionOfType(ImportException.class)
        .isThrownBy(() -> importers.read(ModelFiles.of(files), null, ImportConfig.NONE))
        .actual();
  }
}

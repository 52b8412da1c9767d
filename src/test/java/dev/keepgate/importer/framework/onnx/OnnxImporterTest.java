package dev.keepgate.importer.framework.onnx;

import static dev.keepgate.importer.framework.onnx.OnnxBytes.header;
import static dev.keepgate.importer.framework.onnx.OnnxBytes.lstm;
import static dev.keepgate.importer.framework.onnx.OnnxBytes.message;
import static dev.keepgate.importer.framework.onnx.OnnxBytes.node;
import static dev.keepgate.importer.framework.onnx.OnnxBytes.tensor;
import static dev.keepgate.importer.framework.onnx.OnnxBytes.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.GoldenCase;
import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportException.Fault;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.model.ArrayOperation;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.Network;
import dev.keepgate.model.Signature;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is no ONNX model of ours is refused, and told where. */
class OnnxImporterTest {

  private static final ImportLimits SMALL = new ImportLimits(1 << 24, 1 << 20, 1000);

  @TempDir Path folder;

  private final OnnxImporter importer = new OnnxImporter();

  private ImportedModel read(OnnxBytes graph) throws Exception {
    return read(OnnxBytes.model(graph));
  }

  private ImportedModel read(byte[] bytes, Path... more) throws Exception {
    Path file = Files.write(folder.resolve("model.onnx"), bytes);
    Path[] files = Arrays.copyOf(more, more.length + 1);
    files[more.length] = file;
    return importer.read(ModelFiles.of(files), ImportConfig.NONE, SMALL);
  }

  private void assertRefused(OnnxBytes graph, Fault fault, String... said) {
    assertThatExceptionOfType(ImportException.class)
        .isThrownBy(() -> read(graph))
        .satisfies(e -> assertThat(e.fault()).isEqualTo(fault))
        .satisfies(e -> assertThat(e.getMessage()).contains(said));
  }

  @Test
  void gatesAreReordered() throws Exception {
    ImportedModel imported = read(lstm().message(12, value("Y")));
    CellWeights weights = ((LstmCell) imported.network().cells().get(0)).weights();
    assertThat(weights.inputKernel()).containsExactly(1, 3, 2, 4);
    assertThat(weights.recurrentKernel()).containsExactly(5, 7, 6, 8);
    assertThat(imported.unusedTensors()).isEmpty();
  }

  @Test
  void fileOfTwoGibibytesIsRefusedWithWhereToSaveTheWeights() throws Exception {
    Path file = folder.resolve("model.onnx");
    Files.write(file, OnnxBytes.model(lstm().message(12, value("Y"))));
    try (FileChannel sparse = FileChannel.open(file, StandardOpenOption.WRITE)) {
      sparse.write(ByteBuffer.allocate(1), Integer.MAX_VALUE);
    }
    ModelFiles files = ModelFiles.of(file);
    assertThat(importer.recognizes(files)).isTrue();
    assertThatExceptionOfType(ImportException.class)
        .isThrownBy(() -> importer.read(files, ImportConfig.NONE, SMALL))
        .satisfies(e -> assertThat(e.fault()).isEqualTo(Fault.TOO_LARGE))
        .withMessageContaining("2147483648 bytes")
        .withMessageContaining("external data");
  }

  @Test
  void whatDoesNotReachTheOutputIsUnused() throws Exception {
    OnnxBytes graph =
        lstm()
            .message(5, tensor("spare", new long[] {2}, 1, 2))
            .message(1, node("NoSuch", "dead", List.of("spare"), List.of("nowhere")))
            .message(12, value("Y"));
    assertThat(read(graph).unusedTensors()).containsExactly("spare");
  }

  @Test
  void stateAsTheOnlyOutputIsTheSummary() throws Exception {
    assertThat(read(lstm().message(12, value("h"))).network().signature().returnSequences())
        .isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Scan", "ConvTranspose", "Loop", ""})
  void otherOperatorsAreNamed(String operator) {
    assertRefused(
        lstm()
            .message(1, node(operator, "odd one", List.of("Y"), List.of("z")))
            .message(12, value("z")),
        Fault.UNSUPPORTED,
        "node 'odd one' (" + operator + ")",
        "not supported");
  }

  @Test
  void otherDomainsAreNamed() {
    assertRefused(
        lstm()
            .message(1, node("Sigmoid", "", List.of("Y"), List.of("z")).string(7, "com.other"))
            .message(12, value("z")),
        Fault.UNSUPPORTED,
        "node 'z' (Sigmoid)",
        "'com.other'");
  }

  @Test
  void graphsInNodesAreNotFollowed() {
    OnnxBytes branch = message().string(1, "then_branch").message(6, lstm()).integer(20, 5);
    assertRefused(
        lstm()
            .message(1, node("If", "choice", List.of("Y"), List.of("z")).message(5, branch))
            .message(12, value("z")),
        Fault.UNSUPPORTED,
        "node 'choice' (If)",
        "graph of its own");
  }

  @Test
  void cyclesAreFound() {
    assertRefused(
        message()
            .message(1, node("Identity", "one", List.of("b"), List.of("a")))
            .message(1, node("Identity", "two", List.of("a"), List.of("b")))
            .message(12, value("b")),
        Fault.MALFORMED,
        "depends on itself");
    assertRefused(
        message()
            .message(1, node("Identity", "own", List.of("a"), List.of("a")))
            .message(12, value("a")),
        Fault.MALFORMED,
        "node 'own' (Identity) depends on itself");
  }

  @Test
  void namesAreGivenOnce() {
    assertRefused(
        lstm()
            .message(1, node("Identity", "again", List.of("x"), List.of("Y")))
            .message(12, value("Y")),
        Fault.MALFORMED,
        "'Y' is given twice");
    assertRefused(
        lstm().message(5, tensor("W", new long[] {1}, 1)).message(12, value("Y")),
        Fault.MALFORMED,
        "'W' is there twice");
  }

  @Test
  void missingValuesAreNamed() {
    assertRefused(lstm().message(12, value("none")), Fault.MALFORMED, "output 'none'");
    assertRefused(
        lstm().message(1, node("Tanh", "t", List.of("none"), List.of("z"))).message(12, value("z")),
        Fault.UNSUPPORTED,
        "node 't' (Tanh)",
        "reads 'none'");
  }

  @Test
  void claimedSizesAreNotBelieved() {
    OnnxBytes huge = header("W", 1, 1L << 40, 1L << 40);
    assertRefused(message().message(5, huge), Fault.TOO_LARGE, "'W'");
    assertRefused(message().message(5, header("W", 1, -4)), Fault.MALFORMED, "impossible shape");
    assertRefused(
        withKernel(header("W", 1, 400_000_000, 1).bytes(9, new byte[16])),
        Fault.MALFORMED,
        "'W' of shape [1, 400000000, 1] needs 1600000000 bytes and has 16");
    assertRefused(
        withKernel(header("W", 1, 4, 1).bytes(9, new byte[12])),
        Fault.MALFORMED,
        "'W' of shape [1, 4, 1] needs 16 bytes and has 12");
  }

  /** The LSTM with another W. */
  private static OnnxBytes withKernel(OnnxBytes kernel) {
    return message()
        .message(1, node("LSTM", "rnn", List.of("x", "W", "R"), List.of("Y")))
        .message(5, kernel)
        .message(5, tensor("R", new long[] {1, 4, 1}, 5, 6, 7, 8))
        .message(11, value("x", -1, -1, 1))
        .message(12, value("Y"));
  }

  @Test
  void repeatedConcatenationIsBounded() {
    OnnxBytes graph = lstm().message(5, tensor("t0", new long[] {1024}, new float[1024]));
    for (int i = 0; i < 40; i++) {
      graph.message(1, node("Concat", "c" + i, List.of("t" + i, "t" + i), List.of("t" + (i + 1))));
    }
    assertRefused(graph.message(12, value("t40")), Fault.TOO_LARGE, "bytes that are allowed");
  }

  @Test
  void weightsMayLieInTheModelsOwnFiles() throws Exception {
    Path data = Files.write(folder.resolve("weights.data"), tensorBytes(0, 1, 2, 3, 4));
    OnnxBytes kernel = OnnxBytes.beside(header("W", 1, 4, 1), "weights.data", 4);
    ImportedModel imported = read(OnnxBytes.model(withKernel(kernel)), data);
    CellWeights weights = ((LstmCell) imported.network().cells().get(0)).weights();
    assertThat(weights.inputKernel()).containsExactly(1, 3, 2, 4);
  }

  private static byte[] tensorBytes(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }

  @ParameterizedTest
  @ValueSource(strings = {"../secret", "/etc/passwd", "a/../../secret", "sub/weights.data", ""})
  void noPathLeadsOutOfTheModelsFiles(String location) throws Exception {
    Files.write(folder.resolve("secret"), new byte[64]);
    Path own = Files.createDirectories(folder.resolve("own"));
    Path data = Files.write(own.resolve("weights.data"), new byte[64]);
    byte[] model = OnnxBytes.model(withKernel(OnnxBytes.beside(header("W", 1, 4, 1), location, 0)));
    assertThatExceptionOfType(ImportException.class)
        .isThrownBy(() -> read(model, data))
        .withMessageContaining("'" + location + "', which is not among the model's files");
  }

  @Test
  void theModelItselfIsNoFileOfWeights() throws Exception {
    Path model =
        Files.write(
            folder.resolve("m.onnx"),
            OnnxBytes.model(withKernel(OnnxBytes.beside(header("W", 1, 4, 1), "m.onnx", 0))));
    assertThatExceptionOfType(ImportException.class)
        .isThrownBy(() -> importer.read(ModelFiles.of(model), ImportConfig.NONE, SMALL))
        .withMessageContaining("W: its numbers are said to lie in 'm.onnx', the model itself");
  }

  @Test
  void weightsBesideEndWithTheirFile() throws Exception {
    Path data = Files.write(folder.resolve("weights.data"), new byte[16]);
    byte[] model =
        OnnxBytes.model(withKernel(OnnxBytes.beside(header("W", 1, 4, 1), "weights.data", 4)));
    assertThatExceptionOfType(ImportException.class)
        .isThrownBy(() -> read(model, data))
        .withMessageContaining("ends behind the end of 'weights.data'");
  }

  @Test
  void aConstantStateIsWhatTheLayerBeginsWith() throws Exception {
    Network network =
        read(message()
                .message(
                    1, node("LSTM", "rnn", List.of("x", "W", "R", "", "", "s", "s"), List.of("Y")))
                .message(5, tensor("W", new long[] {1, 4, 1}, 1, 2, 3, 4))
                .message(5, tensor("R", new long[] {1, 4, 1}, 5, 6, 7, 8))
                .message(5, tensor("s", new long[] {1, 1, 1}, 0.5f))
                .message(11, value("x", -1, -1, 1))
                .message(12, value("Y")))
            .network();
    assertThat(network.isChain()).isFalse();
    assertThat(network.nodes().stream().map(Network.Node::operation))
        .filteredOn(ArrayOperation.Constant.class::isInstance)
        .extracting(each -> ((ArrayOperation.Constant) each).values()[0])
        .containsOnly(0.5f);
  }

  @Test
  void aConstantStateOfOtherRowsIsRefused() {
    assertRefused(
        message()
            .message(1, node("LSTM", "rnn", List.of("x", "W", "R", "", "", "s", "s"), List.of("Y")))
            .message(5, tensor("W", new long[] {1, 4, 1}, 1, 2, 3, 4))
            .message(5, tensor("R", new long[] {1, 4, 1}, 5, 6, 7, 8))
            .message(5, tensor("s", new long[] {1, 2, 1}, 0.5f, 0.7f))
            .message(11, value("x", -1, -1, 1))
            .message(12, value("Y")),
        Fault.UNSUPPORTED,
        "node 'rnn' (LSTM)",
        "its initial state has shape [1, 2, 1]");
  }

  @Test
  void twoResultsAreTwoOutputs() throws Exception {
    Network network =
        read(lstm()
                .message(1, node("Tanh", "t", List.of("Y"), List.of("z")))
                .message(12, value("z"))
                .message(12, value("Y")))
            .network();
    assertThat(network.signature().outputs())
        .extracting(Signature.Output::name)
        .containsExactly("z", "Y");
  }

  @Test
  void configurationOfOtherFormatsIsRefused() throws Exception {
    Path file =
        Files.write(folder.resolve("m.onnx"), OnnxBytes.model(lstm().message(12, value("Y"))));
    ImportConfig config =
        ImportConfig.parse("{\"forget_bias\": 1}".getBytes(StandardCharsets.UTF_8));
    assertThatExceptionOfType(ImportException.class)
        .isThrownBy(() -> importer.read(ModelFiles.of(file), config, SMALL))
        .satisfies(e -> assertThat(e.fault()).isEqualTo(Fault.CONFIG));
  }

  @Test
  void everyPrefixIsRefused() throws Exception {
    byte[] model = Files.readAllBytes(GoldenCase.read("onnx-peephole-clip").file(".onnx"));
    for (int length = 0; length < model.length; length++) {
      byte[] prefix = Arrays.copyOf(model, length);
      try {
        read(prefix);
        // Cut between the graph and what follows it, a file is sound.
        assertThat(length).isGreaterThan(model.length - 64);
      } catch (ImportException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
  }
}

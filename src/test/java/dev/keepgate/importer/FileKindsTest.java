package dev.keepgate.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.registry.ImporterConfiguration;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files of formats that are not read are told what they are, and what to do. */
class FileKindsTest {

  private final Importers importers = ImporterConfiguration.importers(ImportLimits.DEFAULT);

  @TempDir Path folder;

  static Stream<Arguments> kinds() throws IOException {
    byte[] text = "some text, and more".getBytes(StandardCharsets.UTF_8);
    return Stream.of(
        kind("model.h5", bytes("version https://git-lfs.github.com/spec/v1\n"), "git lfs pull"),
        kind("model.pt", bytes("\r\n<!DOCTYPE html><html>"), "web page", "curl -L"),
        kind("model.pt", bytes("<HTML><body>"), "web page"),
        kind("model.onnx", new byte[0], "empty"),
        kind("model.pt.gz", gzip(text), "compressed by gzip, text inside", "gunzip model.pt.gz"),
        kind("model.pt.bz2", bytes("BZh91AY"), "bunzip2"),
        kind("model.joblib", zlib(text), "joblib"),
        kind("m.tflite", bytes("\u001c\0\0\0TFL3\u0014\0"), "TensorFlow Lite", "model.keras"),
        kind(
            "graph.pb", bytes("\n.\n\u0001x\u0012\u000bPlaceholder*\u000f"), "GraphDef", "tf2onnx"),
        kind("saved_model.pb", bytes("\b\u0001\u0012\u0010\n\u0005"), "variables/variables.index"),
        kind("p.msgpack", bytes("\u0081\u00a6params\u0081\u00a4lstm"), "msgpack_restore"),
        kind("m.gguf", bytes("GGUF\u0003\0\0\0"), "GGUF"),
        kind("m.npy", bytes("\u0093NUMPY\u0001\0v\0{'descr'"), "numpy.savez"),
        kind("m.params", bytes("\u0012\u0001\0\0\0\0\0\0\0\0\0\0"), "MXNet"),
        kind("m.mat", bytes("MATLAB 5.0 MAT-file, Platform"), "exportONNXNetwork"),
        kind("m.txt", bytes("tree\nversion=v4\nnum_class=1\n"), "LightGBM"),
        kind("m.json", bytes("{\"learner\":{\"gradient_booster\":{}}}"), "XGBoost"),
        kind("m.ubj", bytes("{L\0\0\0\0\0\0\0\u0007learner"), "XGBoost"),
        kind("m.json", bytes("{\"class_name\": \"Sequential\"}"), "without its weights"),
        kind("m.json", bytes("{\"weight_map\": {}}"), "index of shards"),
        kind("m.nam", bytes("{\"architecture\":\"LSTM\",\"sample_rate\":1}"), "Neural Amp"),
        kind("m.pt", bytes("{\"error\": \"Invalid username\"}"), "download it again"),
        kind("d.csv", bytes("time,load\n1,2\n2,3\n"), "CSV"),
        kind("m.bin", bytes("once upon a time"), "is text"),
        kind(
            "m.bin",
            bytes("\u0001\u0002\u0003\u0004\u0005\u0006\u0007"),
            "no format that is known"),
        kind("m.data-00000-of-00001", bytes("\u0001\u0002\u0003"), "m.index"),
        kind("mlflow.zip", zip("MLmodel", "data/model.pth"), "MLflow", "data/model.pth"),
        kind("a.zip", zip("policy.pth", "data"), "Stable-Baselines3", "unzip a.zip policy.pth"),
        kind(
            "m.pt2",
            zip("m/archive_format", "m/models/model.json"),
            "torch.export.load(\"m.pt2\")"),
        kind("o.zip", zip("o/manifest.ocdbt", "o/d/1"), "Orbax", "save_file"),
        kind("s.zip", zip("s/saved_model.pb"), "without its variables"),
        kind("k.zip", zip("m/config.json", "m/model.weights.h5"), "without the folder"),
        kind("j.jar", zip("META-INF/MANIFEST.MF"), "Java archive"),
        kind("n.zip", zip("notes.bin"), "is of no format"),
        kind("m.sav", pickle("sklearn.linear_model"), "scikit-learn"),
        kind("m.pkl", pickle("xgboost.core"), "XGBoost"),
        kind("m.pkl", pickle("joblib.numpy_pickle"), "joblib.dump"),
        kind("m.pkl", pickle("torch._utils"), "torch.save(model.state_dict()"));
  }

  private static Arguments kind(String name, byte[] content, String... said) {
    return Arguments.of(name, content, said);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void isNamedWithWhatToDo(String name, byte[] content, String[] said) throws IOException {
    ModelFiles files = ModelFiles.of(Files.write(folder.resolve(name), content));
    assertThat(refusal(files).getMessage()).contains(said).doesNotContain("%");
  }

  @Test
  void partIsNamed() throws IOException {
    ModelFiles files =
        ModelFiles.of(
            Files.write(folder.resolve("a.pt"), bytes("<html>")),
            Files.write(folder.resolve("b.pt"), new byte[0]));
    ImportException e = refusal(files);
    assertThat(e).hasMessageContaining("a.pt is a web page").hasMessageContaining("b.pt is empty");
    assertThat(e.problems()).extracting(ImportException.Problem::where).contains("a.pt", "b.pt");
  }

  private ImportException refusal(ModelFiles files) {
    return assertThatExceptionOfType(ImportException.class)
        .isThrownBy(() -> importers.read(files, null, ImportConfig.NONE))
        .actual();
  }

  private static byte[] bytes(String characters) {
    return characters.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] pickle(String module) {
    return bytes("\u0080\u0002c" + module + "\nX\n)\u0081.");
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  private static byte[] zlib(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new DeflaterOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  private static byte[] zip(String... names) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (String name : names) {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(1);
      }
    }
    return bytes.toByteArray();
  }
}

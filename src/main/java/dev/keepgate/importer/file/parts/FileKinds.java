package dev.keepgate.importer.file.parts;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What files are that no importer reads, told by their first bytes, and what to do. */
final class FileKinds {

  /** Writes what Flax calls parameters as safetensors. */
  static final String FLAX =
      "params = %s; safetensors.numpy.save_file({k: np.asarray(v) for k, v in"
          + " flax.traverse_util.flatten_dict(params, sep=\"/\").items()}, \"model.safetensors\")";

  private static final String ONNX = "convert it to ONNX, or send the model that it was made from";

  private static final String KERAS = "model.save(\"model.keras\")";

  private static final Pattern HTML =
      Pattern.compile("(?is)\\s*<(!doctype\\s+html|html|head|body)");

  private static final Pattern CSV =
      Pattern.compile("(?s)[^\\n,;\\t]*([,;\\t])[^\\n]*\\n[^\\n,;\\t]*\\1.*");

  /**
   * A kind of file.
   *
   * @param text what it is, and what to do; with the file's name
   */
  private record Kind(Predicate<FileStart> isOf, String text) {

    static Kind of(String magic, String text) {
      return new Kind(start -> start.has(magic), text);
    }
  }

  private static final List<Kind> BINARY =
      List.of(
          new Kind(
              start -> start.size() == 0,
              "is empty: 0 bytes came; look whether it is on your disk"),
          Kind.of(
              "version https://git-lfs",
              "is a Git LFS pointer and not the file that it points to; fetch that: git lfs pull"
                  + " --include %s"),
          new Kind(
              start -> HTML.matcher(start.text()).lookingAt(),
              "is a web page, as a download brings that needed a login or another address; download"
                  + " it again: curl -L -o model <address of the file itself>; on Hugging Face it has"
                  + " /resolve/ where the page has /blob/"),
          Kind.of(
              "GGUF", "is a GGUF file, of llama.cpp's language models, of which none is recurrent"),
          new Kind(
              start -> start.has("TFL3", 4),
              "is a TensorFlow Lite model; send the Keras model that it was converted from: "
                  + KERAS),
          Kind.of(
              "\u0093NUMPY",
              "is one array (.npy) without a name; send all by name: numpy.savez(\"model.npz\","
                  + " **{name: array, ...})"),
          Kind.of(
              "MATLAB 5.0 MAT-file",
              "is a MATLAB file; " + ONNX + ": exportONNXNetwork(net," + " \"model.onnx\")"),
          new Kind(
              start ->
                  start.at(0) == 0x12
                      && start.at(1) == 1
                      && start.size() > 8
                      && isZero(start, 2, 8),
              "is an MXNet file of parameters; export the network: mx.onnx.export_model(\"symbol.json\","
                  + " \"%s\", ...)"),
          Kind.of(
              "\u00ac\u00ed",
              "is a serialised Java object, which is never read; save a network"
                  + " by ModelSerializer.writeModel(network, \"model.zip\", false)"),
          Kind.of("\u007fELF", "is a program, and no model"),
          Kind.of("MZ", "is a program, and no model"),
          Kind.of("%PDF", "is a PDF, and no model"),
          Kind.of("\u0089PNG", "is a picture, and no model"),
          Kind.of("\u00ff\u00d8\u00ff", "is a picture, and no model"),
          Kind.of("SQLite format 3", "is a database, and no model"),
          Kind.of("PAR1", "is a Parquet table: data, and no model"),
          Kind.of("Rar!", "is a RAR archive; unpack it and send the model in it"),
          Kind.of(
              "7z\u00bc\u00af", "is a 7-Zip archive; unpack it and send the model in it: 7z x %s"),
          Kind.of("BZh", "is compressed; unpack it first: bunzip2 %s"),
          Kind.of("\u00fd7zXZ", "is compressed; unpack it first: unxz %s"),
          Kind.of("(\u00b5/\u00fd", "is compressed; unpack it first: unzstd %s"),
          Kind.of("\u0004\"M\u0018", "is compressed; unpack it first: unlz4 %s"),
          new Kind(
              start -> start.at(0) == 0x78 && List.of(0x01, 0x5e, 0x9c, 0xda).contains(start.at(1)),
              "is compressed by zlib, as joblib.dump(..., compress=True) writes; pickled estimators are"
                  + " never read: send the network's weights as safetensors or npz"),
          Kind.of(
              "\b\u0001\u0012",
              "is the graph of a SavedModel, whose weights are in other files; send those:"
                  + " variables/variables.index and variables/variables.data-00000-of-00001, or zip"
                  + " the whole folder"),
          new Kind(
              FileKinds::isGraphDef,
              "is a frozen graph of TensorFlow (GraphDef); send the checkpoint that it was frozen"
                  + " from, or convert it: python -m tf2onnx.convert --graphdef %s --output"
                  + " model.onnx --inputs ... --outputs ..."),
          new Kind(
              FileKinds::isMessagePack,
              "is MessagePack, as flax.serialization writes; send the parameters as safetensors: "
                  + FLAX.formatted(
                      "flax.serialization.msgpack_restore(open(\"%s\", \"rb\").read())")),
          Kind.of("{L\u0000", "is a model of XGBoost: trees, and no network"),
          Kind.of("binf", "is a model of XGBoost: trees, and no network"));

  private static final List<Kind> TEXT =
      List.of(
          Kind.of("tree\n", "is a model of LightGBM: trees, and no network"),
          new Kind(
              start -> isJson(start) && start.text().contains("\"learner"),
              "is a model of XGBoost: trees, and no network"),
          new Kind(
              start -> start.has("<?xml") && start.text().contains("<net "),
              "is a network of OpenVINO; send the model that it was converted from"),
          new Kind(
              start -> start.text().contains("<PMML"),
              "is PMML; send the network in another format"),
          new Kind(
              start -> isJson(start) && start.text().contains("\"class_name\""),
              "is the architecture of a Keras model without its weights; send the whole model: "
                  + KERAS),
          new Kind(
              start -> isJson(start) && start.text().contains("\"modelTopology\""),
              "is a TensorFlow.js model; send the Keras model that it was converted from: "
                  + KERAS),
          new Kind(
              start -> isJson(start) && start.text().contains("\"weight_map\""),
              "is the index of shards; send the files that it lists as well"),
          new Kind(
              start -> isJson(start) && start.text().contains("\"sample_rate\""),
              "is a model of Neural Amp Modeler, whose weights are one list without names; train"
                  + " another, or send the LSTM's state dict: torch.save(model.state_dict(),"
                  + " \"model.pt\")"),
          new Kind(
              start -> isJson(start) && start.text().toLowerCase(Locale.ROOT).contains("\"error\""),
              "is an error in JSON, as a download brings that failed; download it again"),
          new Kind(
              FileKinds::isJson,
              "is JSON; weights come as safetensors: safetensors.numpy.save_file({name: array, ...},"
                  + " \"model.safetensors\")"),
          new Kind(
              start -> start.has("<"), "is XML or a web page, and no model; download it again"),
          new Kind(
              start -> CSV.matcher(start.text()).matches(),
              "is a table of text (CSV): data, and no model"),
          new Kind(start -> true, "is text, and no model"));

  private FileKinds() {}

  /** What a file is, and what to do; null where nobody knows. */
  static @Nullable String describe(Path path, String name) throws IOException {
    FileStart start = FileStart.of(path);
    if (start.isZip()) {
      String kind = ZipKinds.refused(path, name);
      return kind == null ? "is a zip in which no model was found" : kind;
    }
    if (start.isTar()) {
      return "is a tar in which no model was found";
    }
    if (start.isGzip()) {
      return "is compressed by gzip%s; unpack it first: gunzip %s"
          .formatted(inside(start.unpacked()), name);
    }
    if (name.endsWith(".mlmodel")) {
      return "is a Core ML model; send the model that it was converted from";
    }
    if (name.matches(".*\\.data-\\d{5}-of-\\d{5}")) {
      return "is the data of a TensorFlow checkpoint, which lacks its index; send both: -F"
          + " file=@%s -F file=@%s".formatted(name.replaceFirst("\\.data-.*", ".index"), name);
    }
    String binary = first(BINARY, start, name);
    if (binary != null) {
      return binary;
    }
    return start.isText() ? first(TEXT, start, name) : null;
  }

  private static String inside(FileStart start) {
    if (start.isZip()) {
      return ", a zip inside";
    }
    if (start.at(0) == 0x80 && start.at(1) >= 2 && start.at(1) <= 5) {
      return ", a pickle inside";
    }
    if (start.has("\u0089HDF")) {
      return ", an HDF5 file inside";
    }
    return start.isText() ? ", text inside" : "";
  }

  private static @Nullable String first(List<Kind> kinds, FileStart start, String name) {
    for (Kind kind : kinds) {
      if (kind.isOf().test(start)) {
        return kind.text().replace("%s", name);
      }
    }
    return null;
  }

  private static boolean isZero(FileStart start, int from, int to) {
    for (int i = from; i < to; i++) {
      if (start.at(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isJson(FileStart start) {
    String text = start.text().stripLeading();
    return text.startsWith("{") || text.startsWith("[");
  }

  /** A list of nodes, each with a name and an operator. */
  private static boolean isGraphDef(FileStart start) {
    int name = start.at(1) < 0x80 ? 2 : 3;
    return start.at(0) == '\n'
        && start.at(name) == '\n'
        && start.at(name + 1) > 0
        && start.at(name + 2 + start.at(name + 1)) == 0x12;
  }

  /** A small map whose first key is a string. */
  private static boolean isMessagePack(FileStart start) {
    boolean isMap = (start.at(0) & 0xf0) == 0x80 && start.at(0) > 0x80;
    int key = start.at(1);
    return isMap && ((key & 0xe0) == 0xa0 || key == 0xd9);
  }
}

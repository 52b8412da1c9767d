package dev.keepgate.importer.file.parts;

import dev.keepgate.importer.file.archive.ZipFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/** Zips that tools write for themselves, told by the names in them. */
final class ZipKinds {

  private static final Pattern WEIGHTS =
      Pattern.compile("(?i).*\\.(pth|pt|bin|ckpt|safetensors|keras|h5|hdf5|onnx|npz)");

  private static final String STATE_DICT = "torch.save(%s, \"model.pt\")";

  /**
   * A kind of zip.
   *
   * @param text what it is, and what to do; with the zip's name and that of the weights in it
   */
  private record Kind(Predicate<Names> isOf, String text) {}

  /** The names in a zip. */
  private record Names(List<String> all) {

    /** Whether a file of this name is in it, in whatever folder. */
    boolean has(String name) {
      return all.stream().anyMatch(each -> each.equals(name) || each.endsWith("/" + name));
    }

    String weights() {
      return all.stream()
          .filter(name -> WEIGHTS.matcher(name).matches())
          .findFirst()
          .orElse("the file of weights");
    }
  }

  private static final List<Kind> KINDS =
      List.of(
          new Kind(
              names -> names.has("MLmodel"),
              "is the zip of an MLflow model; send the weights alone: unzip -p %1$s %2$s >"
                  + " weights, or, of a PyTorch model, "
                  + STATE_DICT.formatted("mlflow.pytorch.load_model(\"...\").state_dict()")),
          new Kind(
              names -> names.has("policy.pth"),
              "is the zip of a Stable-Baselines3 agent; send the policy in it, with the actor's"
                  + " modules in config.forward: unzip %1$s policy.pth; curl -F file=@policy.pth -F"
                  + " 'config={\"prefix\": \"lstm_actor\"}' ..."),
          new Kind(
              names -> names.has("archive_format") || names.has("serialized_exported_program.json"),
              "is a program of torch.export (.pt2); send its weights: "
                  + STATE_DICT.formatted("torch.export.load(\"%1$s\").state_dict")),
          new Kind(
              names -> names.has("constants.pkl"),
              "is a TorchScript archive without weights of its own; send the state dict: "
                  + STATE_DICT.formatted("torch.jit.load(\"%1$s\").state_dict()")),
          new Kind(
              names -> names.has("manifest.ocdbt") || names.has("_CHECKPOINT_METADATA"),
              "is an Orbax checkpoint; send the parameters as safetensors: "
                  + FileKinds.FLAX.formatted("ocp.PyTreeCheckpointer().restore(\"...\")")),
          new Kind(
              names -> names.has("saved_model.pb") || names.has("saved_model.pbtxt"),
              "is a SavedModel without its variables; zip the whole folder, with"
                  + " variables/variables.index and variables/variables.data-*: zip -r %1$s ."),
          new Kind(
              names -> names.has(".metadata") && names.all().stream().anyMatch(ZipKinds::isDistcp),
              "is a distributed checkpoint of PyTorch; make one file of it: python -m"
                  + " torch.distributed.checkpoint.format_utils dcp_to_torch folder model.pt"),
          new Kind(
              names -> names.has("model.weights.h5") && names.has("config.json"),
              "is a .keras file in a folder of its own; zip its files without the folder: (cd"
                  + " folder && zip -r ../model.keras .)"),
          new Kind(
              names -> names.has("MAR-INF/MANIFEST.json"),
              "is a TorchServe archive; send the weights in it: unzip -p %1$s %2$s > weights"),
          new Kind(
              names -> names.has("com.apple.CoreML/model.mlmodel") || names.has("model.mlmodel"),
              "is a Core ML package; send the model that it was converted from"),
          new Kind(names -> names.has("META-INF/MANIFEST.MF"), "is a Java archive, and no model"),
          new Kind(
              names -> names.has("[Content_Types].xml"), "is an office document, and no model"));

  private ZipKinds() {}

  private static boolean isDistcp(String name) {
    return name.endsWith(".distcp");
  }

  /** What a zip is that is not to be unpacked, and what to do; null where it may be. */
  static @Nullable String refused(Path path, String name) throws IOException {
    Names names;
    try (ZipFile zip = ZipFiles.open(path)) {
      names = new Names(zip.stream().map(ZipEntry::getName).toList());
    } catch (ZipException e) {
      return "is a zip that is damaged or was cut short (%s); send it again"
          .formatted(e.getMessage());
    }
    for (Kind kind : KINDS) {
      if (kind.isOf().test(names)) {
        return kind.text().formatted(name, names.weights());
      }
    }
    return null;
  }
}

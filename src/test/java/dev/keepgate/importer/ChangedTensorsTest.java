package dev.keepgate.importer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.GoldenCase;
import dev.keepgate.importer.file.TensorContainer;
import dev.keepgate.importer.file.TensorFile;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.file.checkpoint.CheckpointContainer;
import dev.keepgate.importer.file.npz.NpzContainer;
import dev.keepgate.importer.file.safetensors.SafetensorsContainer;
import dev.keepgate.importer.file.torch.TorchContainer;
import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.registry.ImporterConfiguration;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A tensor that is added to a file, lost from it or called otherwise: the file is refused, or
 * served with the same numbers, or what is different is said.
 */
class ChangedTensorsTest {

  private static final int CHANGES = 60;

  private static final List<TensorContainer> CONTAINERS =
      List.of(
          new CheckpointContainer(),
          new SafetensorsContainer(),
          new NpzContainer(),
          new TorchContainer());

  private static final List<String> LEAVES =
      List.of(
          "weight",
          "bias",
          "kernel",
          "scale",
          "gamma",
          "running_mean",
          "h0",
          "embedding",
          "weight_ih_l7",
          "weight_hh_l0_reverse",
          "hf/bias",
          "w_f_diag",
          "extra");

  private static final List<String> SCOPES =
      List.of("norm", "proj", "fc9", "attn", "embedding", "lstm9", "dense_9", "out", "q");

  /** What is no chain, and files that {@link FilePartsTest} and {@link FileKindsTest} change. */
  private static final List<String> OTHERS = List.of("F28b", "F60", "M11", "M14");

  private final Importers importers = ImporterConfiguration.importers(ImportLimits.DEFAULT);

  @TempDir Path folder;

  /** What a client sees of a model. */
  private record Served(Signature signature, List<String> assumed, float[] output) {
    boolean saysAnother(Served other) {
      return signature.takesIds() != other.signature.takesIds()
          || signature.inputSize() != other.signature.inputSize()
          || signature.outputSize() != other.signature.outputSize()
          || !signature.inputs().equals(other.signature.inputs())
          || !assumed.equals(other.assumed);
    }
  }

  /**
   * A file and its configuration.
   *
   * @param name for the report
   */
  private record Subject(String name, List<Path> files, ImportConfig config) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Subject> subjects() throws ImportException {
    List<Subject> subjects = new ArrayList<>();
    for (FieldCase field : FieldCase.all().toList()) {
      if (OTHERS.stream().noneMatch(field.name()::startsWith)) {
        subjects.add(new Subject(field.name(), field.files(), field.config()));
      }
    }
    for (String prefix : List.of("pytorch-", "tf1-", "tf2-", "flax-", "notebook-")) {
      for (GoldenCase golden : GoldenCase.all(prefix).toList()) {
        byte[] config = golden.config().toString().getBytes(StandardCharsets.UTF_8);
        subjects.add(
            new Subject(golden.name(), golden.models().get(0), ImportConfig.parse(config)));
      }
    }
    return subjects.stream();
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void neverDiffersWithoutAWord(Subject subject) throws Exception {
    Map<String, Tensor.Floats> tensors = tensors(subject.files());
    Served before = served(tensors, subject.config());
    if (before == null) {
      return;
    }
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < CHANGES; i++) {
      Map<String, Tensor.Floats> changed = new LinkedHashMap<>(tensors);
      String change = change(changed, random);
      Served after = served(changed, subject.config());
      if (after != null && !after.saysAnother(before)) {
        assertThat(after.output()).as("seed %d: %s", seed, change).isEqualTo(before.output());
      }
    }
  }

  private static String change(Map<String, Tensor.Floats> tensors, Random random) {
    List<String> names = List.copyOf(tensors.keySet());
    String name = names.get(random.nextInt(names.size()));
    int end = Math.max(name.lastIndexOf('/'), name.lastIndexOf('.'));
    String scope = name.substring(0, end + 1);
    String leaf = LEAVES.get(random.nextInt(LEAVES.size()));
    String separator = name.contains("/") ? "/" : ".";
    String other =
        switch (random.nextInt(3)) {
          case 0 -> scope + leaf;
          case 1 -> SCOPES.get(random.nextInt(SCOPES.size())) + separator + leaf;
          default -> scope + SCOPES.get(random.nextInt(SCOPES.size())) + separator + leaf;
        };
    switch (random.nextInt(3)) {
      case 0 -> {
        tensors.remove(name);
        return "without " + name;
      }
      case 1 -> {
        Tensor.Floats tensor = Objects.requireNonNull(tensors.remove(name));
        tensors.putIfAbsent(other, tensor);
        return name + " called " + other;
      }
      default -> {
        Tensor.Floats like = Objects.requireNonNull(tensors.get(name));
        float[] numbers = new float[like.values().length];
        for (int i = 0; i < numbers.length; i++) {
          numbers[i] = random.nextFloat() - 0.5f;
        }
        tensors.putIfAbsent(other, Tensor.Floats.of(numbers, like.shape()));
        return "with " + other + " as large as " + name;
      }
    }
  }

  private Map<String, Tensor.Floats> tensors(List<Path> files) throws Exception {
    ModelFiles model = new ModelFiles(files);
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    for (TensorContainer container : CONTAINERS) {
      if (tensors.isEmpty() && container.recognizes(model)) {
        try (TensorFile file = container.open(model, ImportLimits.DEFAULT)) {
          for (TensorInfo tensor : file.tensors().values()) {
            if (!tensor.type().isInteger()) {
              tensors.put(tensor.name(), Tensor.Floats.of(file.read(tensor), tensor.shape()));
            }
          }
        }
      }
    }
    return tensors;
  }

  /** What is served of the tensors; null where they are refused. */
  private @Nullable Served served(Map<String, Tensor.Floats> tensors, ImportConfig config)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Safetensors.write(out, tensors, Map.of());
    Path file = Files.write(folder.resolve("model.safetensors"), out.toByteArray());
    try {
      ImportedModel imported = importers.read(ModelFiles.of(file), null, config);
      return new Served(
          imported.network().signature(), imported.assumed(), output(imported.network()));
    } catch (ImportException e) {
      return null;
    }
  }

  private static float[] output(Network network) {
    int time = 3;
    LstmKernel kernel = new ReferenceKernel();
    try (CompiledModel model = kernel.compile(network);
        LstmKernel.Scratch scratch = kernel.newScratch()) {
      Signature signature = model.signature();
      float[] x = new float[signature.takesIds() ? 0 : time * signature.inputSize()];
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) Math.sin(i + 1);
      }
      NetworkInput input =
          new NetworkInput(
              1,
              time,
              x,
              signature.takesIds() ? ids(signature, time) : null,
              null,
              RecurrentState.zero(signature.state(), 1));
      return model.unroll(input, true, false, scratch).output();
    }
  }

  /** No embedding that is added has more rows than it has. */
  private static int[] ids(Signature signature, int time) {
    int vocabulary = signature.inputs().get(0).vocabulary().orElseThrow();
    int[] ids = new int[time];
    for (int i = 0; i < time; i++) {
      ids[i] = (i + 1) % vocabulary;
    }
    return ids;
  }
}

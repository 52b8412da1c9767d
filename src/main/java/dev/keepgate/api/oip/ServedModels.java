package dev.keepgate.api.oip;

import dev.keepgate.inference.Sequences;
import dev.keepgate.model.ModelId;
import dev.keepgate.model.Signature;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.ModelStatistics;
import dev.keepgate.registry.ModelStatus;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.tensor.TensorFormatException;
import java.util.ArrayList;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.info.BuildProperties;
import org.springframework.stereotype.Component;

/** What the protocol tells of the server and its models, over HTTP and gRPC alike. */
@Component
public class ServedModels {

  public static final String SERVER = "keepgate";
  static final String PLATFORM = "keepgate_lstm";

  public static final List<String> EXTENSIONS =
      List.of(
          "binary_tensor_data",
          "classification",
          "sequence",
          "sequence(string_id)",
          "schedule_policy",
          "model_configuration",
          "model_repository",
          "statistics");

  private final ModelRegistry registry;
  private final Sequences sequences;
  private final ServerShutdown life;
  private final String version;

  public ServedModels(
      ModelRegistry registry,
      Sequences sequences,
      ServerShutdown life,
      ObjectProvider<BuildProperties> build) {
    this.registry = registry;
    this.sequences = sequences;
    this.life = life;
    BuildProperties known = build.getIfAvailable();
    this.version = known == null ? "unknown" : String.valueOf(known.getVersion());
  }

  public String serverVersion() {
    return version;
  }

  /** Whether the models of the start are loaded, and the server is not about to end. */
  public boolean isReady() {
    return registry.isReady() && !life.isEnding();
  }

  /**
   * Checks that a model can be asked.
   *
   * @return the version that would answer
   * @throws RegistryException if none would
   */
  public ModelId requireReady(String model, String asked) {
    try (ModelHandle handle = acquire(model, asked)) {
      return handle.id();
    }
  }

  public ModelView.Metadata metadata(String model, String asked) {
    try (ModelHandle handle = acquire(model, asked)) {
      return new ModelView.Metadata(
          model,
          asked.isEmpty() ? availableVersions(model) : List.of(asked),
          PLATFORM,
          tensors(ModelTensors.inputs(handle.signature())),
          tensors(ModelTensors.outputs(handle.signature())));
    }
  }

  private List<String> availableVersions(String model) {
    return available().stream()
        .filter(id -> id.name().equals(model))
        .map(id -> Long.toString(id.version()))
        .toList();
  }

  private List<ModelId> available() {
    return registry.list().stream()
        .filter(info -> info.status() == ModelStatus.AVAILABLE)
        .map(ModelInfo::id)
        .toList();
  }

  private static List<ModelView.Tensor> tensors(List<ModelTensors.Info> infos) {
    return infos.stream()
        .map(info -> new ModelView.Tensor(info.name(), info.datatype(), info.shape()))
        .toList();
  }

  /** Sizes with the batch, which is free (max_batch_size 0). */
  public ModelView.Config config(String model, String asked) {
    try (ModelHandle handle = acquire(model, asked)) {
      Signature signature = handle.signature();
      return new ModelView.Config(
          handle.id().name(),
          PLATFORM,
          SERVER,
          0,
          configTensors(ModelTensors.inputs(signature)),
          configTensors(ModelTensors.outputs(signature)),
          signature.isCausal()
              ? new ModelView.SequenceBatching(sequences.ttl().toNanos() / 1000)
              : null);
    }
  }

  private static List<ModelView.ConfigTensor> configTensors(List<ModelTensors.Info> infos) {
    return infos.stream()
        .map(
            info ->
                new ModelView.ConfigTensor(
                    info.name(),
                    "TYPE_" + info.datatype(),
                    info.shape(),
                    info.optional() ? true : null))
        .toList();
  }

  /**
   * The statistics of a version; of all of a model where none is named, and of all models where
   * neither is.
   */
  public List<ModelView.Statistics> statistics(String model, String asked) {
    if (!model.isEmpty()) {
      requireReady(model, asked);
    }
    List<ModelView.Statistics> all = new ArrayList<>();
    for (ModelId id : available()) {
      boolean wanted =
          (model.isEmpty() || id.name().equals(model))
              && (asked.isEmpty() || asked.equals(Long.toString(id.version())));
      if (wanted) {
        try (ModelHandle handle = registry.acquire(new ModelRequest.Specific(id))) {
          all.add(view(id, handle.statistics()));
        } catch (RegistryException e) {
          // It was taken away between two looks.
        }
      }
    }
    return all;
  }

  private static ModelView.Statistics view(ModelId id, ModelStatistics of) {
    ModelView.InferStats stats =
        new ModelView.InferStats(
            duration(of.success),
            duration(of.fail),
            duration(of.queue),
            duration(of.read),
            duration(of.compute),
            duration(of.write),
            ModelView.Duration.NONE,
            ModelView.Duration.NONE);
    return new ModelView.Statistics(
        id.name(),
        Long.toString(id.version()),
        of.lastInferenceMillis(),
        of.inferences(),
        of.executions(),
        stats,
        List.of());
  }

  private static ModelView.Duration duration(ModelStatistics.Tally tally) {
    ModelStatistics.Total total = tally.total();
    return new ModelView.Duration(total.count(), total.nanos());
  }

  /** Every version in memory, and those that were unloaded. */
  public List<ModelView.IndexEntry> index(boolean onlyReady) {
    List<ModelView.IndexEntry> entries = new ArrayList<>();
    for (ModelInfo info : registry.list()) {
      if (!onlyReady || info.status() == ModelStatus.AVAILABLE) {
        String error = info.error();
        entries.add(entry(info.id(), state(info.status()), error == null ? "" : error));
      }
    }
    if (!onlyReady) {
      registry.unloaded().forEach(id -> entries.add(entry(id, "UNAVAILABLE", "unloaded")));
    }
    return entries;
  }

  private static ModelView.IndexEntry entry(ModelId id, String state, String reason) {
    return new ModelView.IndexEntry(id.name(), Long.toString(id.version()), state, reason);
  }

  private static String state(ModelStatus status) {
    return switch (status) {
      case START, LOADING -> "LOADING";
      case AVAILABLE -> "READY";
      case UNLOADING -> "UNLOADING";
      case END -> "UNAVAILABLE";
    };
  }

  /**
   * Loads what the repository has of a model.
   *
   * @param parameters names of what the request wants done otherwise; none can be
   */
  public void load(String model, Iterable<String> parameters) {
    OipModelPath.request(model, "");
    for (String parameter : parameters) {
      if (parameter.equals("config") || parameter.startsWith("file:")) {
        throw new TensorFormatException(
            "/parameters/" + parameter,
            "is not supported: a model is loaded as the repository has it");
      }
    }
    registry.load(model);
  }

  /** Takes a model out of the memory, and leaves it in the repository. */
  public void unload(String model) {
    OipModelPath.request(model, "");
    registry.unload(model);
  }

  /** What is told of a model is always told of the same version. */
  private ModelHandle acquire(String model, String asked) {
    return registry.acquire(OipModelPath.request(model, asked, 1));
  }
}

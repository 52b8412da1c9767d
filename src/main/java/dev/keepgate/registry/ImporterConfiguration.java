package dev.keepgate.registry;

import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.Importers;
import dev.keepgate.importer.ModelImporter;
import dev.keepgate.importer.file.TensorContainer;
import dev.keepgate.importer.file.checkpoint.CheckpointContainer;
import dev.keepgate.importer.file.npz.NpzContainer;
import dev.keepgate.importer.file.parts.UploadedParts;
import dev.keepgate.importer.file.safetensors.SafetensorsContainer;
import dev.keepgate.importer.file.torch.TorchContainer;
import dev.keepgate.importer.framework.TensorConvention;
import dev.keepgate.importer.framework.TensorFileImporter;
import dev.keepgate.importer.framework.dl4j.Dl4jImporter;
import dev.keepgate.importer.framework.flax.FlaxConvention;
import dev.keepgate.importer.framework.keras.KerasH5Importer;
import dev.keepgate.importer.framework.keras.KerasImporter;
import dev.keepgate.importer.framework.onnx.OnnxImporter;
import dev.keepgate.importer.framework.preprocessing.PreprocessingFiles;
import dev.keepgate.importer.framework.pytorch.PytorchConvention;
import dev.keepgate.importer.framework.tensorflow.KerasVariables;
import dev.keepgate.importer.framework.tensorflow.TensorFlow1Convention;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Assembles the importers of all formats that this server reads. */
@Configuration(proxyBeanMethods = false)
public class ImporterConfiguration {

  /** First the checkpoint: the first of its several files could look like anything. */
  private static final List<TensorContainer> CONTAINERS =
      List.of(
          new CheckpointContainer(),
          new SafetensorsContainer(),
          new NpzContainer(),
          new TorchContainer());

  private static final List<TensorConvention> CONVENTIONS =
      List.of(
          new PytorchConvention(),
          new KerasVariables(),
          new TensorFlow1Convention(),
          new FlaxConvention());

  @Bean
  Importers importers(RegistryProperties properties) {
    return importers(properties.importLimits().toImportLimits());
  }

  /**
   * All importers, those of bare tensors before those of whole models.
   *
   * @param limits of what they read
   */
  public static Importers importers(ImportLimits limits) {
    Stream<ModelImporter> ofTensors =
        CONTAINERS.stream().map(container -> new TensorFileImporter(container, CONVENTIONS));
    Stream<ModelImporter> ofModels =
        Stream.of(
            new KerasImporter(), new KerasH5Importer(), new Dl4jImporter(), new OnnxImporter());
    return new Importers(
        Stream.concat(ofTensors, ofModels).toList(),
        limits,
        new UploadedParts(),
        new PreprocessingFiles());
  }
}

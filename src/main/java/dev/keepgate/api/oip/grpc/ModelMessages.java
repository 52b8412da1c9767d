package dev.keepgate.api.oip.grpc;

import com.google.common.primitives.Longs;
import dev.keepgate.api.oip.ModelView;
import dev.keepgate.api.oip.proto.DataType;
import dev.keepgate.api.oip.proto.InferStatistics;
import dev.keepgate.api.oip.proto.ModelConfig;
import dev.keepgate.api.oip.proto.ModelConfigResponse;
import dev.keepgate.api.oip.proto.ModelInput;
import dev.keepgate.api.oip.proto.ModelMetadataResponse;
import dev.keepgate.api.oip.proto.ModelMetadataResponse.TensorMetadata;
import dev.keepgate.api.oip.proto.ModelOutput;
import dev.keepgate.api.oip.proto.ModelSequenceBatching;
import dev.keepgate.api.oip.proto.ModelStatistics;
import dev.keepgate.api.oip.proto.ModelStatisticsResponse;
import dev.keepgate.api.oip.proto.RepositoryIndexResponse;
import dev.keepgate.api.oip.proto.StatisticDuration;
import java.util.List;

/** The protocol's documents about models, as gRPC has them. */
final class ModelMessages {

  private ModelMessages() {}

  static ModelMetadataResponse metadata(ModelView.Metadata view) {
    ModelMetadataResponse.Builder metadata =
        ModelMetadataResponse.newBuilder()
            .setName(view.name())
            .addAllVersions(view.versions())
            .setPlatform(view.platform());
    view.inputs().forEach(tensor -> metadata.addInputs(tensor(tensor)));
    view.outputs().forEach(tensor -> metadata.addOutputs(tensor(tensor)));
    return metadata.build();
  }

  private static TensorMetadata tensor(ModelView.Tensor view) {
    return TensorMetadata.newBuilder()
        .setName(view.name())
        .setDatatype(view.datatype())
        .addAllShape(Longs.asList(view.shape()))
        .build();
  }

  static ModelConfigResponse config(ModelView.Config view) {
    ModelConfig.Builder config =
        ModelConfig.newBuilder()
            .setName(view.name())
            .setPlatform(view.platform())
            .setBackend(view.backend())
            .setMaxBatchSize(view.maxBatchSize());
    for (ModelView.ConfigTensor tensor : view.input()) {
      config.addInput(
          ModelInput.newBuilder()
              .setName(tensor.name())
              .setDataType(DataType.valueOf(tensor.dataType()))
              .addAllDims(Longs.asList(tensor.dims()))
              .setOptional(Boolean.TRUE.equals(tensor.optional())));
    }
    for (ModelView.ConfigTensor tensor : view.output()) {
      config.addOutput(
          ModelOutput.newBuilder()
              .setName(tensor.name())
              .setDataType(DataType.valueOf(tensor.dataType()))
              .addAllDims(Longs.asList(tensor.dims())));
    }
    ModelView.SequenceBatching sequences = view.sequenceBatching();
    if (sequences != null) {
      config.setSequenceBatching(
          ModelSequenceBatching.newBuilder()
              .setMaxSequenceIdleMicroseconds(sequences.maxSequenceIdleMicroseconds()));
    }
    return ModelConfigResponse.newBuilder().setConfig(config).build();
  }

  static ModelStatisticsResponse statistics(List<ModelView.Statistics> views) {
    ModelStatisticsResponse.Builder response = ModelStatisticsResponse.newBuilder();
    for (ModelView.Statistics view : views) {
      response.addModelStats(
          ModelStatistics.newBuilder()
              .setName(view.name())
              .setVersion(view.version())
              .setLastInference(view.lastInference())
              .setInferenceCount(view.inferenceCount())
              .setExecutionCount(view.executionCount())
              .setInferenceStats(inferStatistics(view.inferenceStats())));
    }
    return response.build();
  }

  private static InferStatistics inferStatistics(ModelView.InferStats view) {
    return InferStatistics.newBuilder()
        .setSuccess(duration(view.success()))
        .setFail(duration(view.fail()))
        .setQueue(duration(view.queue()))
        .setComputeInput(duration(view.computeInput()))
        .setComputeInfer(duration(view.computeInfer()))
        .setComputeOutput(duration(view.computeOutput()))
        .setCacheHit(duration(view.cacheHit()))
        .setCacheMiss(duration(view.cacheMiss()))
        .build();
  }

  private static StatisticDuration duration(ModelView.Duration view) {
    return StatisticDuration.newBuilder().setCount(view.count()).setNs(view.ns()).build();
  }

  static RepositoryIndexResponse index(List<ModelView.IndexEntry> views) {
    RepositoryIndexResponse.Builder response = RepositoryIndexResponse.newBuilder();
    for (ModelView.IndexEntry view : views) {
      response.addModels(
          RepositoryIndexResponse.ModelIndex.newBuilder()
              .setName(view.name())
              .setVersion(view.version())
              .setState(view.state())
              .setReason(view.reason()));
    }
    return response.build();
  }
}

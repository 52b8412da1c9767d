package dev.keepgate.importer.framework;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.forward.Module;
import dev.keepgate.importer.framework.forward.Module.Kind;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Operation;
import dev.keepgate.model.TensorOperation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The modules around a file's recurrent ones, told by how a framework names their tensors. */
public final class OuterModules {

  /** Norms whose tensors are called as those of a layer norm, and which are none. */
  private static final Pattern OTHER_NORM =
      Pattern.compile(".*(group|instance|rms).*|(.*_)?(gn|in)\\d*");

  private static final int CONVOLUTION_RANK = 3;

  private final NamedTensors tensors;
  private final OuterNames names;
  private final List<Module> modules = new ArrayList<>();

  private OuterModules(NamedTensors tensors, OuterNames names) {
    this.tensors = tensors;
    this.names = names;
  }

  /**
   * The modules in the order of their first tensors.
   *
   * @param isOther tells tensors that belong to other modules
   */
  public static List<Module> of(
      NamedTensors tensors, OuterNames names, Predicate<TensorInfo> isOther) {
    OuterModules outer = new OuterModules(tensors, names);
    for (TensorInfo tensor : tensors.all()) {
      if (tensor.count() > 0 && !isOther.test(tensor)) {
        Module module = outer.of(tensor, TensorName.of(tensor.name()));
        if (module != null) {
          outer.modules.add(module);
        }
      }
    }
    return outer.modules;
  }

  private @Nullable Module of(TensorInfo tensor, TensorName name) {
    int rank = tensor.shape().length;
    if (rank == 2 && names.isTable(name)) {
      return embedding(tensor, name);
    }
    String bias = names.biasOf(name.leaf());
    if (rank > 1 && bias != null) {
      TensorInfo shift = tensors.find(name.sibling(bias));
      return rank == 2 ? dense(tensor, shift, name) : convolution(tensor, shift, name);
    }
    boolean isScale = rank == 1 && name.leaf().equals(names.scale());
    return isScale || isMeanWithoutScale(name) ? norm(name, tensor.shape()[0]) : null;
  }

  private boolean isMeanWithoutScale(TensorName name) {
    return name.leaf().equals(names.mean()) && !tensors.has(name.sibling(names.scale()));
  }

  private Module embedding(TensorInfo table, TensorName name) {
    return new Module(
        name.module(),
        Kind.EMBEDDING,
        1,
        table.shape()[1],
        List.of(table),
        options -> List.of(embedding(table)));
  }

  private Layer embedding(TensorInfo table) throws IOException, ImportException {
    int rows = table.shape()[0];
    int width = table.shape()[1];
    return new Layer.Embedding(rows, width, false, tensors.read(table.name(), rows, width));
  }

  private Module dense(TensorInfo kernel, @Nullable TensorInfo bias, TensorName name) {
    int in = kernel.shape()[names.outputFirst() ? 1 : 0];
    int out = kernel.shape()[names.outputFirst() ? 0 : 1];
    // PyTorch calls an embedding's table as it does a linear layer's weight.
    Kind kind = names.outputFirst() && bias == null ? Kind.MATRIX : Kind.DENSE;
    return new Module(
        name.module(),
        kind,
        in,
        out,
        present(kernel, bias),
        options ->
            List.of(
                options.kind() == Kind.EMBEDDING
                    ? embedding(kernel)
                    : dense(kernel, bias, in, out)));
  }

  private Layer dense(TensorInfo kernel, @Nullable TensorInfo bias, int in, int out)
      throws IOException, ImportException {
    float[] numbers = tensors.read(kernel.name(), kernel.shape());
    return new Layer.Dense(
        in,
        out,
        Activation.LINEAR,
        names.outputFirst() ? GateBlocks.transpose(numbers, out, in) : numbers,
        bias == null ? new float[out] : tensors.read(bias.name(), out));
  }

  private Module convolution(TensorInfo kernel, @Nullable TensorInfo bias, TensorName name) {
    int[] shape = kernel.shape();
    int last = shape.length - 1;
    return new Module(
        name.module(),
        Kind.CONVOLUTION,
        shape[names.outputFirst() ? 1 : last - 1],
        shape[names.outputFirst() ? 0 : last],
        present(kernel, bias),
        options -> List.of(convolution(kernel, bias, options)));
  }

  /** PyTorch's kernel is [outputs, inputs, steps]; the others' is ours. */
  private TensorOperation convolution(
      TensorInfo kernel, @Nullable TensorInfo bias, Module.Options options)
      throws IOException, ImportException {
    int[] shape = kernel.shape();
    if (shape.length != CONVOLUTION_RANK) {
      throw ImportException.unsupported(
          kernel.name(),
          "is of a convolution over %d axes; only those over the steps are computed"
              .formatted(shape.length - 2));
    }
    float[] numbers = tensors.read(kernel.name(), shape);
    int size = shape[names.outputFirst() ? 2 : 0];
    int inputs = shape[1];
    int outputs = shape[names.outputFirst() ? 0 : 2];
    return new TensorOperation.Conv1d(
        options.steps().window(size),
        inputs * options.groups(),
        outputs,
        options.groups(),
        names.outputFirst() ? reversedAxes(numbers, outputs, inputs, size) : numbers,
        bias == null ? new float[outputs] : tensors.read(bias.name(), outputs));
  }

  private static float[] reversedAxes(float[] numbers, int outputs, int inputs, int size) {
    float[] reversed = new float[numbers.length];
    for (int o = 0; o < outputs; o++) {
      for (int i = 0; i < inputs; i++) {
        for (int k = 0; k < size; k++) {
          reversed[(k * inputs + i) * outputs + o] = numbers[(o * inputs + i) * size + k];
        }
      }
    }
    return reversed;
  }

  private @Nullable Module norm(TensorName name, int width) {
    TensorInfo scale = tensors.find(name.sibling(names.scale()));
    TensorInfo shift = tensors.find(name.sibling(names.shift()));
    TensorInfo mean = tensors.find(names.statistic(name, names.mean()));
    TensorInfo variance = tensors.find(names.statistic(name, names.variance()));
    List<TensorInfo> all = present(scale, shift, mean, variance);
    if (mean != null && variance != null) {
      return new Module(
          name.module(),
          Kind.BATCH_NORM,
          width,
          width,
          all,
          options -> List.of(batchNorm(all, scale, shift, mean, variance, options.epsilon())));
    }
    String own = name.module().toLowerCase(Locale.ROOT).replaceAll(".*[./]", "");
    if (scale != null && shift == null && names.outputFirst()) {
      return new Module(
          name.module(),
          Kind.VECTOR,
          width,
          width,
          all,
          options -> List.of(new TensorOperation.Prelu(tensors.read(scale.name(), width))));
    }
    if (scale == null || shift == null) {
      return null;
    }
    return new Module(
        name.module(),
        OTHER_NORM.matcher(own).matches() ? Kind.GROUP_NORM : Kind.LAYER_NORM,
        width,
        width,
        all,
        options -> List.of(norm(scale, shift, options)));
  }

  private Operation norm(TensorInfo scale, TensorInfo shift, Module.Options options)
      throws IOException, ImportException {
    float epsilon = Objects.requireNonNullElse(options.epsilon(), names.layerNormEpsilon());
    int width = scale.shape()[0];
    float[] factors = tensors.read(scale.name(), width);
    float[] summands = tensors.read(shift.name(), width);
    return options.kind() == Kind.GROUP_NORM
        ? new TensorOperation.GroupNorm(options.groups(), epsilon, factors, summands)
        : new Layer.LayerNorm(epsilon, factors, summands);
  }

  /** What a batch norm does at inference: one factor and one summand a feature. */
  private Layer batchNorm(
      List<TensorInfo> all,
      @Nullable TensorInfo scale,
      @Nullable TensorInfo shift,
      TensorInfo mean,
      TensorInfo variance,
      @Nullable Float given)
      throws IOException, ImportException {
    int width = all.get(0).shape()[0];
    double epsilon = Objects.requireNonNullElse(given, names.batchNormEpsilon());
    float[] factors = new float[width];
    float[] summands = new float[width];
    float[] means = tensors.read(mean.name(), width);
    float[] variances = tensors.read(variance.name(), width);
    float[] scales = scale == null ? null : tensors.read(scale.name(), width);
    float[] shifts = shift == null ? null : tensors.read(shift.name(), width);
    for (int i = 0; i < width; i++) {
      double factor = (scales == null ? 1 : scales[i]) / Math.sqrt(variances[i] + epsilon);
      factors[i] = (float) factor;
      summands[i] = (float) ((shifts == null ? 0 : shifts[i]) - means[i] * factor);
    }
    return new Layer.Scale(factors, summands);
  }

  private static List<TensorInfo> present(@Nullable TensorInfo... infos) {
    return Stream.of(infos).filter(Objects::nonNull).toList();
  }
}

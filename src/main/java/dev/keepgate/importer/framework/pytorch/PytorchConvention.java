package dev.keepgate.importer.framework.pytorch;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.NamedTensors;
import dev.keepgate.importer.framework.OuterModules;
import dev.keepgate.importer.framework.OuterNames;
import dev.keepgate.importer.framework.TensorConvention;
import dev.keepgate.importer.framework.forward.Module;
import dev.keepgate.importer.framework.forward.Modules;
import dev.keepgate.model.Summary;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A state dict of {@code torch.nn.LSTM}, {@code GRU}, {@code RNN} or their cells, alone or inside a
 * module with others around it: each is a module of its own, by the names of its tensors.
 */
public final class PytorchConvention implements TensorConvention {

  private static final Pattern FIRST = Pattern.compile("(|.*\\.)weight_ih(_l0)?");

  private static final Pattern OF_CELL =
      Pattern.compile("(|.*\\.)(weight|bias)_(ih|hh|hr)(_l\\d+(_reverse)?)?");

  private static final OuterNames NAMES =
      new OuterNames(
          Map.of("weight", "bias"),
          Pattern.compile("(?!)"),
          true,
          "weight",
          "bias",
          "running_mean",
          "running_var",
          1e-5f,
          1e-5f);

  @Override
  public boolean recognizes(Collection<TensorInfo> tensors) {
    return tensors.stream().anyMatch(tensor -> FIRST.matcher(tensor.name()).matches());
  }

  @Override
  public Modules modules(NamedTensors tensors, ImportConfig config) throws ImportException {
    Map<String, List<TensorInfo>> ofCells = new LinkedHashMap<>();
    for (TensorInfo tensor : tensors.all()) {
      Matcher name = OF_CELL.matcher(tensor.name());
      if (name.matches()) {
        ofCells
            .computeIfAbsent(String.valueOf(name.group(1)), prefix -> new ArrayList<>())
            .add(tensor);
      }
    }
    List<Module> modules = new ArrayList<>();
    for (Map.Entry<String, List<TensorInfo>> each : ofCells.entrySet()) {
      PytorchLayers layers = new PytorchLayers(tensors, each.getKey(), config);
      if (layers.isWhole()) {
        modules.add(
            new Module(
                each.getKey().replaceAll("\\.$", ""),
                Module.Kind.RECURRENT,
                layers.inputSize(),
                layers.outputSize(),
                each.getValue(),
                options -> new PytorchLayers(tensors, each.getKey(), options.of(config)).read()));
      }
    }
    modules.addAll(
        OuterModules.of(tensors, NAMES, tensor -> OF_CELL.matcher(tensor.name()).matches()));
    return new Modules("pytorch", Summary.LAST_STEP, false, modules, List.of());
  }
}

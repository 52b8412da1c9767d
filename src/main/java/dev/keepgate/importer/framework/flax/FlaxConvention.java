package dev.keepgate.importer.framework.flax;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.NaturalOrder;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.NamedTensors;
import dev.keepgate.importer.framework.OuterModules;
import dev.keepgate.importer.framework.OuterNames;
import dev.keepgate.importer.framework.RecurrentCells;
import dev.keepgate.importer.framework.TensorConvention;
import dev.keepgate.importer.framework.forward.Module;
import dev.keepgate.importer.framework.forward.Modules;
import dev.keepgate.model.Cell;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Merge;
import dev.keepgate.model.Summary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Parameters of Flax' {@code LSTMCell}, {@code OptimizedLSTMCell}, {@code GRUCell} and {@code
 * SimpleCell}, Linen's and NNX's, their nested names joined by dots or slashes.
 *
 * <p>The two cells of a bidirectional layer are told by {@code forward} and {@code backward} in
 * their names, or where the configuration says {@code bidirectional}, by coming in pairs.
 */
public final class FlaxConvention implements TensorConvention {

  private static final Pattern CELL =
      Pattern.compile("(?<scope>(?:.*[./])?)(?<first>ii|ir|i|dense_i)(?<dot>[./])kernel");

  private static final OuterNames NAMES =
      new OuterNames(
          Map.of("kernel", "bias"),
          Pattern.compile("(?:.*[./])?embedding"),
          false,
          "scale",
          "bias",
          "mean",
          "var",
          1e-6f,
          1e-5f);

  @Override
  public boolean recognizes(Collection<TensorInfo> tensors) {
    return tensors.stream().anyMatch(tensor -> CELL.matcher(tensor.name()).matches());
  }

  @Override
  public Modules modules(NamedTensors tensors, ImportConfig config) throws ImportException {
    List<FlaxCell> cells = cells(tensors);
    Set<TensorInfo> ofCells = new HashSet<>();
    cells.forEach(cell -> ofCells.addAll(cell.all()));
    List<Module> outer = OuterModules.of(tensors, NAMES, ofCells::contains);
    List<Module> modules = new ArrayList<>(recurrent(cells, config));
    modules.addAll(outer);
    return new Modules("flax", Summary.LAST_STEP, false, modules, List.of());
  }

  private static List<FlaxCell> cells(NamedTensors tensors) throws ImportException {
    List<String> names =
        tensors.all().stream().map(TensorInfo::name).sorted(NaturalOrder.OF_NAMES).toList();
    List<FlaxCell> cells = new ArrayList<>();
    for (String name : names) {
      Matcher cell = CELL.matcher(name);
      if (cell.matches()) {
        cells.add(
            FlaxCell.of(tensors, cell.group("scope"), cell.group("first"), cell.group("dot")));
      }
    }
    return cells;
  }

  private static List<Module> recurrent(List<FlaxCell> cells, ImportConfig config)
      throws ImportException {
    Boolean bidirectional = config.expectations().bidirectional();
    boolean named = cells.stream().anyMatch(cell -> cell.scope().contains("backward"));
    if (named) {
      return directions(cells, config);
    }
    if (Boolean.TRUE.equals(bidirectional)) {
      return List.of(pairs(cells, config));
    }
    if (bidirectional == null
        && config.expectations().layers() == null
        && config.prefix() == null
        && config.forward() == null
        && couldBePair(cells)) {
      throw ImportException.unsupported(
          "bidirectional",
          "%s and %s are of one size, and could be two layers, the two directions of one, or an"
                  .formatted(cells.get(0).name(), cells.get(1).name())
              + " encoder and its decoder; say config.bidirectional true or false, or the order by"
              + " config.forward: [\"%s\", \"%s\"]"
                  .formatted(cells.get(0).name(), cells.get(1).name()));
    }
    List<Module> modules = new ArrayList<>();
    for (FlaxCell cell : cells) {
      modules.add(
          new Module(
              cell.name(),
              Module.Kind.RECURRENT,
              cell.inputSize(),
              cell.hiddenSize(),
              cell.all(),
              options -> List.of(Layer.Recurrent.of(cell.read(options.of(config))))));
    }
    return modules;
  }

  /** Whether two cells fit each other side by side as well as one after the other. */
  private static boolean couldBePair(List<FlaxCell> cells) {
    return cells.size() == 2
        && cells.get(0).inputSize() == cells.get(1).inputSize()
        && cells.get(0).hiddenSize() == cells.get(1).inputSize();
  }

  /** Layers of two cells each, whose names say which of them reads backwards. */
  private static List<Module> directions(List<FlaxCell> cells, ImportConfig config)
      throws ImportException {
    List<FlaxCell> left = new ArrayList<>(cells);
    List<Module> modules = new ArrayList<>();
    for (FlaxCell backward : cells) {
      if (!backward.scope().contains("backward")) {
        continue;
      }
      String name = backward.scope().replace("backward", "forward");
      FlaxCell forward =
          left.stream().filter(cell -> cell.scope().equals(name)).findFirst().orElse(null);
      if (forward == null) {
        throw ImportException.unsupported(
            backward.name(), "there is no '%s' that reads forward".formatted(name));
      }
      left.removeAll(List.of(forward, backward));
      modules.add(module(List.of(List.of(forward, backward)), config));
    }
    for (FlaxCell cell : left) {
      modules.add(module(List.of(List.of(cell)), config));
    }
    return modules;
  }

  /** All cells as the layers of one module, two of them a layer. */
  private static Module pairs(List<FlaxCell> cells, ImportConfig config) throws ImportException {
    if (cells.size() % 2 != 0) {
      throw ImportException.unsupported(
          "bidirectional", "there are %d cells, not pairs of them".formatted(cells.size()));
    }
    List<List<FlaxCell>> layers = new ArrayList<>();
    for (int k = 0; k < cells.size(); k += 2) {
      layers.add(cells.subList(k, k + 2));
    }
    return module(layers, config);
  }

  private static Module module(List<List<FlaxCell>> layers, ImportConfig config) {
    List<FlaxCell> last = layers.get(layers.size() - 1);
    boolean sums =
        Objects.requireNonNullElse(config.bidirectionalMerge(), Merge.CONCAT) != Merge.CONCAT;
    List<TensorInfo> tensors = new ArrayList<>();
    layers.forEach(layer -> layer.forEach(cell -> tensors.addAll(cell.all())));
    return new Module(
        layers.get(0).get(0).name(),
        Module.Kind.RECURRENT,
        layers.get(0).get(0).inputSize(),
        last.get(0).hiddenSize() * (sums ? 1 : last.size()),
        tensors,
        options -> read(layers, options.of(config)));
  }

  private static List<Layer> read(List<List<FlaxCell>> layers, ImportConfig config)
      throws IOException, ImportException {
    List<Layer> read = new ArrayList<>();
    for (List<FlaxCell> layer : layers) {
      Cell cell = layer.get(0).read(config);
      Cell other = layer.size() == 2 ? layer.get(1).read(config) : null;
      read.add(RecurrentCells.layer(cell, other, config));
    }
    return read;
  }
}

package dev.keepgate.importer.framework.flax;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.file.NaturalOrder;
import dev.keepgate.importer.file.TensorFile;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.Cell;
import dev.keepgate.importer.framework.NamedTensors;
import dev.keepgate.importer.framework.OuterLayers;
import dev.keepgate.importer.framework.TensorConvention;
import dev.keepgate.importer.framework.WeightMatrix;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network;
import dev.keepgate.model.Summary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Parameters of Flax' {@code LSTMCell} and {@code OptimizedLSTMCell}, Linen's and NNX's, their
 * nested names joined by dots or slashes.
 *
 * <p>Cells stand in the order of their names. The two of a bidirectional layer are told by {@code
 * forward} and {@code backward} in them, or where the configuration says {@code bidirectional}, by
 * coming in pairs.
 */
public final class FlaxConvention implements TensorConvention {

  private static final Pattern CELL =
      Pattern.compile("(?<scope>(?:.*[./])?)(?:ii|dense_i)(?<dot>[./])kernel");
  private static final Pattern DENSE = Pattern.compile("(?<scope>(?:.*[./])?)kernel");
  private static final Pattern PART_OF_CELL =
      Pattern.compile("(?:.*[./])?(?:[ih][ifgo]|dense_[ih])[./]kernel");
  private static final Pattern TABLE = Pattern.compile("(?:.*[./])?embedding");

  @Override
  public boolean recognizes(Collection<TensorInfo> tensors) {
    return tensors.stream().anyMatch(tensor -> CELL.matcher(tensor.name()).matches());
  }

  @Override
  public ImportedModel read(TensorFile file, ImportConfig config)
      throws IOException, ImportException {
    NamedTensors tensors = new NamedTensors(file);
    List<FlaxCell> cells = cells(tensors, config.prefix());
    return new ImportedModel(
        Network.chain(
            "flax",
            outerLayers(tensors, config).around(readLayers(cells, config)),
            Objects.requireNonNullElse(config.returnSequences(), true),
            Summary.LAST_STEP),
        tensors.unused());
  }

  private static List<FlaxCell> cells(NamedTensors tensors, @Nullable String prefix)
      throws ImportException {
    List<String> names =
        tensors.all().stream().map(TensorInfo::name).sorted(NaturalOrder.OF_NAMES).toList();
    List<FlaxCell> cells = new ArrayList<>();
    for (String name : names) {
      Matcher cell = CELL.matcher(name);
      if (cell.matches() && (prefix == null || name.startsWith(prefix))) {
        cells.add(FlaxCell.of(tensors, cell.group("scope"), cell.group("dot")));
      }
    }
    if (cells.isEmpty()) {
      throw ImportException.config("/config/prefix", "no LSTM has the prefix '" + prefix + "'");
    }
    return cells;
  }

  private static List<Layer> readLayers(List<FlaxCell> cells, ImportConfig config)
      throws IOException, ImportException {
    boolean pairs =
        Boolean.TRUE.equals(config.expectations().bidirectional())
            || cells.stream().anyMatch(cell -> cell.scope().contains("backward"));
    if (pairs && cells.size() % 2 != 0) {
      throw ImportException.unsupported(
          "bidirectional", "there are %d cells, not pairs of them".formatted(cells.size()));
    }
    List<Layer> layers = new ArrayList<>();
    int width = cells.get(0).inputSize();
    for (int k = 0; k < cells.size(); k += pairs ? 2 : 1) {
      if (cells.get(k).inputSize() != width) {
        throw ImportException.unsupported(
            "prefix",
            "the cells in this order do not fit each other, so it is not that of the model; name"
                + " those of one LSTM by config.prefix: "
                + cells.stream().map(FlaxCell::scope).toList());
      }
      Cell cell = cells.get(k).read(config);
      if (pairs) {
        // By name, backward comes first.
        Cell other = cells.get(k + 1).read(config);
        boolean swapped = cells.get(k).scope().contains("backward");
        layers.add(swapped ? other.layer(cell, config) : cell.layer(other, config));
      } else {
        layers.add(cell.layer());
      }
      width = layers.get(layers.size() - 1).outputSize();
    }
    return layers;
  }

  private static OuterLayers outerLayers(NamedTensors tensors, ImportConfig config) {
    List<WeightMatrix> tables = new ArrayList<>();
    List<WeightMatrix> kernels = new ArrayList<>();
    for (TensorInfo tensor : tensors.all()) {
      String name = tensor.name();
      if (tensor.shape().length != 2 || tensor.count() == 0) {
        continue;
      }
      Matcher dense = DENSE.matcher(name);
      if (TABLE.matcher(name).matches()) {
        tables.add(new WeightMatrix(tensor, null, WeightMatrix.Layout.TABLE));
      } else if (dense.matches() && !PART_OF_CELL.matcher(name).matches()) {
        TensorInfo bias = tensors.find(dense.group("scope") + "bias");
        kernels.add(new WeightMatrix(tensor, bias, WeightMatrix.Layout.IN_OUT));
      }
    }
    return new OuterLayers(tensors, config, tables, kernels);
  }
}

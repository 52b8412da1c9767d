package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.framework.onnx.Value.Data;
import dev.keepgate.model.Network;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Signature.Dimension;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** What a graph takes: its tensors as the network has them, and how their dimensions lie. */
final class GraphInputs {

  private final OnnxGraph graph;
  private final Map<String, InputLayout> layouts = new LinkedHashMap<>();

  /** Whether a sequence may have any number of steps, whatever the file was made for. */
  private final boolean isOpen;

  private final Map<String, Signature.Input> signature = new LinkedHashMap<>();
  private final Map<String, Data> data = new LinkedHashMap<>();
  private @Nullable String timeSymbol;
  private int nextAxis = 1;

  GraphInputs(OnnxGraph graph, Map<String, InputLayout> known, boolean isOpen) {
    this.graph = graph;
    this.isOpen = isOpen;
    for (OnnxGraph.Input input : graph.inputs()) {
      if (!graph.constants().containsKey(input.name())) {
        List<OnnxGraph.Dimension> dims = dimensions(input);
        layouts.put(input.name(), known.getOrDefault(input.name(), new InputLayout(0, -1, 0, 0)));
        read(input, dims);
      }
    }
  }

  InputLayout layout(String input) {
    InputLayout layout = layouts.get(input);
    if (layout == null) {
      throw new IllegalStateException("no input " + input);
    }
    return layout;
  }

  /** What goes into the network by the graph's names, whether it is used or not. */
  Map<String, Signature.Input> signature() {
    return signature;
  }

  Signature.Input signature(String name) {
    Signature.Input input = signature.get(name);
    if (input == null) {
      throw new IllegalStateException("no input " + name);
    }
    return input;
  }

  Data data(String name) {
    Data input = data.get(name);
    if (input == null) {
      throw new IllegalStateException("no input " + name);
    }
    return input;
  }

  Map<String, Data> data() {
    return data;
  }

  boolean isOpen() {
    return isOpen;
  }

  boolean has(String name) {
    return data.containsKey(name);
  }

  /** Whether an input's numbers are integers, by the file. */
  boolean isWhole(String input) {
    return graph.inputs().stream().anyMatch(each -> each.name().equals(input) && each.isWhole());
  }

  Axis axis(Dimension size) {
    return new Axis(nextAxis++, "", -1, size, size.symbol() == null ? size.size() : -1);
  }

  Axis axis(Dimension size, int index, long written) {
    return new Axis(nextAxis++, "", index, size, written);
  }

  private List<OnnxGraph.Dimension> dimensions(OnnxGraph.Input input) {
    return input.dimensions().isEmpty()
        ? Collections.nCopies(rankByReaders(input.name()), new OnnxGraph.Dimension(-1, ""))
        : input.dimensions();
  }

  /** How many steps the file was made for; 0 where it takes any number, or a state beside them. */
  int window() {
    if (data.size() != 1) {
      return 0;
    }
    return data.values().stream()
        .flatMap(only -> GraphNodes.flat(only.dims()).stream())
        .filter(axis -> axis.size().equals(Dimension.TIME) && axis.written() > 1)
        .mapToInt(axis -> (int) axis.written())
        .findFirst()
        .orElse(0);
  }

  /** Whether the steps of an input come first here, and behind its features in the file. */
  boolean isReordered() {
    for (Data each : data.values()) {
      List<Axis> own = GraphNodes.flat(each.dims()).stream().filter(a -> !a.isBatch()).toList();
      if (!own.equals(each.axes().stream().filter(own::contains).toList())) {
        return true;
      }
    }
    return false;
  }

  /** Of each input that is taken in another order than the file has it, so much in words. */
  List<String> reordered() {
    List<String> said = new ArrayList<>();
    data.forEach(
        (name, each) -> {
          List<Axis> own = GraphNodes.flat(each.dims());
          boolean isBatchBehind =
              signature(name).steps() && own.stream().anyMatch(a -> a.isBatch() && a.index() > 0);
          if (isBatchBehind || (isReordered() && signature(name).steps())) {
            said.add(
                "input '%s' is taken as %s, whatever the order of its dimensions in the file"
                    .formatted(name, signature(name).shape()));
          }
        });
    return said;
  }

  /** How many dimensions an input has that the graph gives no shape; 0 where none tells. */
  private int rankByReaders(String input) {
    for (OnnxNode node : graph.nodes()) {
      int at = node.inputs().indexOf(input);
      List<Long> permutation = node.integers("perm");
      if (at >= 0 && RecurrentOperator.isNamed(node)) {
        return RecurrentOperator.rankOf(at);
      }
      if (at == 0 && node.operator().equals("Transpose") && permutation != null) {
        return permutation.size();
      }
    }
    return 0;
  }

  private void read(OnnxGraph.Input input, List<OnnxGraph.Dimension> dims) {
    InputLayout layout = layout(input.name());
    int time = layout.time() != InputLayout.NONE ? layout.time() : firstOpen(dims, layout);
    if (time >= 0 && layout.time() == InputLayout.NONE) {
      layouts.put(input.name(), layout.withTime(time));
    }
    List<List<Axis>> own = new ArrayList<>();
    List<List<Axis>> groups = new ArrayList<>();
    for (int i = 0; i < dims.size(); i++) {
      long written = Math.max(-1, Math.min(Integer.MAX_VALUE, dims.get(i).size()));
      Dimension size = size(input.name(), i, dims.get(i), layout, time);
      Axis axis = new Axis(nextAxis++, input.name(), i, size, written);
      own.add(List.of(axis));
      if (axis.isBatch()) {
        continue;
      }
      // The request's steps come first.
      groups.add(i == time && !axis.isFixed() ? 0 : groups.size(), List.of(axis));
    }
    if (layout.time() == InputLayout.ONE_STEP) {
      groups.add(0, List.of(new Axis(nextAxis++, input.name(), -1, Dimension.TIME, 1)));
    }
    boolean isVector = groups.size() == 1 && !groups.get(0).get(0).isFixed();
    if (groups.isEmpty() || (isVector && layout.vocabulary() == 0)) {
      groups.add(List.of());
    }
    List<Dimension> shape = new ArrayList<>(List.of(Dimension.BATCH));
    groups.forEach(group -> shape.add(group.isEmpty() ? Dimension.of(1) : group.get(0).size()));
    OptionalInt vocabulary =
        layout.vocabulary() > 0 ? OptionalInt.of(layout.vocabulary()) : OptionalInt.empty();
    signature.put(input.name(), new Signature.Input(input.name(), shape, vocabulary));
    data.put(input.name(), new Data(input.name(), groups, own));
  }

  private int firstOpen(List<OnnxGraph.Dimension> dims, InputLayout layout) {
    for (int i = 0; i < dims.size(); i++) {
      if (i != layout.batch() && dims.get(i).size() < 0) {
        return i;
      }
    }
    return InputLayout.NONE;
  }

  private Dimension size(
      String input, int index, OnnxGraph.Dimension of, InputLayout layout, int time) {
    if (index == layout.batch()) {
      return Dimension.BATCH;
    }
    if (index == time && (isOpen || of.size() < 0)) {
      String symbol = of.symbol().isEmpty() ? "the steps" : of.symbol();
      if (timeSymbol == null || symbol.equals(timeSymbol)) {
        timeSymbol = symbol;
        return Dimension.TIME;
      }
      return new Dimension(input + "_time", 0);
    }
    if (of.size() >= 0) {
      return Dimension.of((int) Math.min(Integer.MAX_VALUE, of.size()));
    }
    return layout.width() > 0
        ? Dimension.of(layout.width())
        : new Dimension("%s dimension %d".formatted(input, index), 0);
  }

  /** What a network of these inputs calls one of them. */
  static String name(List<String> used, String input) {
    return used.size() == 1 ? Network.INPUT : input;
  }
}

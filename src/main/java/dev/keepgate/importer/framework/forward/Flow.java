package dev.keepgate.importer.framework.forward;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.model.Activation;
import dev.keepgate.model.GraphBuilder;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network;
import dev.keepgate.model.Operation;
import dev.keepgate.model.Shape;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Signature.Dimension;
import dev.keepgate.model.Summary;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Operations one after the other, from an input on, and the shapes of what they give. */
public final class Flow {

  /** The output at the last step. */
  private static final ShapeOperation.Slice LAST = new ShapeOperation.Slice(0, -1, null, true);

  private static final int MOST_STEPS = 4096;

  /**
   * An operation in its place.
   *
   * @param operation null where what the one before gives besides is taken: its {@code port}
   */
  private record Placed(@Nullable Operation operation, String port) {}

  /** What a stage is called, and how many operations there are up to it. */
  private record Told(String stage, int operations) {}

  private final List<Placed> placed = new ArrayList<>();
  private final List<Told> told = new ArrayList<>();
  private Signature.@Nullable Input input;
  private @Nullable Shape shape;

  public boolean isEmpty() {
    return input == null;
  }

  /** Begins with vectors, or with integers for an embedding. */
  public void begin(int width, OptionalInt vocabulary) {
    input =
        vocabulary.isPresent()
            ? Signature.Input.ofIds(Network.INPUT, vocabulary.getAsInt())
            : Signature.Input.ofSteps(Network.INPUT, width);
    shape = given(input);
    told.add(0, new Told(Network.INPUT, 0));
  }

  /** Gives the input so many steps, once it has begun. */
  void fix(int steps) {
    Signature.Input open = input();
    List<Dimension> dims = new ArrayList<>(open.shape());
    dims.set(1, Dimension.of(steps));
    input = new Signature.Input(open.name(), dims, open.vocabulary());
    shape = shapes(given(input)).get(placed.size());
  }

  private Signature.Input input() {
    return Objects.requireNonNull(input, "no stage has begun it");
  }

  private static Shape given(Signature.Input input) {
    return Shape.of(input.shape().subList(1, input.shape().size()));
  }

  /** What the stages so far give. */
  Shape shape() {
    return Objects.requireNonNull(shape, "no stage has begun it");
  }

  public int width() {
    return shape().width();
  }

  public boolean isSequence() {
    return shape().rank() > 1;
  }

  /** Whether each request has its own number of steps still. */
  boolean isOpen() {
    return shape().dims().get(0).symbol() != null;
  }

  /**
   * Adds an operation.
   *
   * @throws dev.keepgate.model.InconsistentModelException if it does not fit what it takes
   */
  public void add(Operation operation) {
    shape = output(operation, shape());
    placed.add(new Placed(operation, Operation.MAIN));
  }

  private static Shape output(Operation operation, Shape input) {
    return Objects.requireNonNull(operation.outputs(List.of(input)).get(Operation.MAIN));
  }

  public void addLast() {
    add(LAST);
  }

  /** Takes a recurrent layer's output after its last step in place of its sequence. */
  void addFinal(Layer.Recurrent layer, String port) {
    placed.add(new Placed(null, port));
    int width =
        layer.slots().stream()
            .filter(slot -> slot.name().equals(port))
            .mapToInt(slot -> slot.width())
            .findFirst()
            .orElse(layer.outputSize());
    shape = Shape.of(Dimension.of(width));
  }

  /** The operation before, or null. */
  @Nullable Operation before() {
    return placed.isEmpty() ? null : placed.get(placed.size() - 1).operation();
  }

  public boolean hasRecurrent() {
    return placed.stream().anyMatch(each -> each.operation() instanceof Layer.Recurrent);
  }

  /** Applies an activation to what comes out. */
  public void activate(Activation activation) {
    if (activation.equals(Activation.LINEAR)) {
      return;
    }
    if (before() instanceof Layer.Dense dense && dense.activation().equals(Activation.LINEAR)) {
      placed.set(
          placed.size() - 1,
          new Placed(
              new Layer.Dense(
                  dense.inputSize(), dense.outputSize(), activation, dense.kernel(), dense.bias()),
              Operation.MAIN));
    } else {
      add(new Layer.Activate(width(), activation));
    }
  }

  void tell(String stage) {
    told.add(new Told(stage, placed.size()));
  }

  /** The numbers of steps of the input with which so many steps are left here. */
  List<Integer> stepsFor(int left) {
    Signature.Input open = input();
    List<Integer> fitting = new ArrayList<>();
    for (int steps = 1; steps <= MOST_STEPS; steps++) {
      List<Dimension> dims = new ArrayList<>(given(open).dims());
      dims.set(0, Dimension.of(steps));
      try {
        if (shapes(Shape.of(dims)).get(placed.size()).dims().get(0).equals(Dimension.of(left))) {
          fitting.add(steps);
        }
      } catch (dev.keepgate.model.InconsistentModelException e) {
        // So few steps do not fit a window.
      }
    }
    return fitting;
  }

  /** The input's shape, and that of what each operation gives. */
  private List<Shape> shapes(Shape first) {
    List<Shape> shapes = new ArrayList<>(List.of(first));
    Map<String, Shape> outputs = Map.of();
    for (Placed each : placed) {
      if (each.operation() != null) {
        outputs = each.operation().outputs(List.of(shapes.get(shapes.size() - 1)));
      }
      shapes.add(Objects.requireNonNull(outputs.get(each.port())));
    }
    return shapes;
  }

  /** The stages with their shapes. */
  List<ImportedModel.Stage> stages() {
    List<Shape> shapes = shapes(given(input()));
    return told.stream()
        .map(each -> new ImportedModel.Stage(each.stage(), text(shapes.get(each.operations()))))
        .toList();
  }

  private static List<String> text(Shape shape) {
    List<String> text = new ArrayList<>(List.of("batch"));
    shape.dims().forEach(dim -> text.add(dim.toString()));
    return text;
  }

  /**
   * The network: a chain where it is one, which steps.
   *
   * @param sequences whether an unroll answers every step, where it can
   * @param summary what it answers else
   */
  public Network network(String framework, boolean sequences, Summary summary)
      throws ImportException {
    Summary own =
        placed.stream().map(Flow::summary).filter(Objects::nonNull).findFirst().orElse(null);
    if (isChain()) {
      List<Layer> layers = new ArrayList<>();
      for (Placed each : placed) {
        if (each.operation() instanceof Layer layer) {
          layers.add(layer);
        }
      }
      return Network.chain(framework, layers, sequences, own == null ? summary : own);
    }
    return graph(framework, sequences);
  }

  private static @Nullable Summary summary(Placed each) {
    if (each.operation() == null) {
      return Summary.FINAL_STATE;
    }
    return each.operation().equals(LAST) ? Summary.LAST_STEP : null;
  }

  /** Whether it is layers along the steps, and one of the two summaries at most. */
  private boolean isChain() {
    boolean isOpen = input().shape().contains(Dimension.TIME);
    boolean isOfLayers =
        placed.stream()
            .allMatch(
                each ->
                    each.operation() instanceof Layer
                        || LAST.equals(each.operation())
                        || each.port().equals(Layer.Recurrent.FINAL));
    return isOpen && isOfLayers;
  }

  private Network graph(String framework, boolean sequences) {
    GraphBuilder graph = new GraphBuilder(framework, List.of(input()));
    String below = Network.INPUT;
    String node = below;
    for (Placed each : placed) {
      if (each.operation() == null) {
        below = node + ":" + each.port();
      } else {
        node = graph.add(each.operation().type(), each.operation(), List.of(below));
        below = node;
      }
    }
    boolean isSequence = graph.shape(below).isSequence();
    return graph.build(
        Map.of(Network.OUTPUT, below),
        new Signature.Unroll(isSequence && sequences, Summary.LAST_STEP));
  }
}

package dev.keepgate.kernel;

import dev.keepgate.model.Activation;
import dev.keepgate.model.ArrayOperation;
import dev.keepgate.model.ArrayOperation.Function;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.GraphBuilder;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.Layer;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.Merge;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.Operation;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Shape;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Summary;
import dev.keepgate.model.TensorOperation;
import dev.keepgate.model.TensorOperation.Arithmetic;
import dev.keepgate.model.TensorOperation.Reduction;
import dev.keepgate.model.Window;
import dev.keepgate.model.Window.Padding;
import dev.keepgate.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Networks of any operations joined as graphs, of odd sizes; all of a case follows from its seed.
 */
public final class RandomGraphs {

  private static final int STEPS = 7;

  private final Random random;
  private final GraphBuilder graph;
  private final List<String> values = new ArrayList<>();

  /** What is asked of a graph. */
  public record Case(long seed, Network network, NetworkInput input, boolean returnSequences) {
    @Override
    public String toString() {
      return "-D%s=%d: batch %d, time %d, %s"
          .formatted(RandomModels.SEED_PROPERTY, seed, input.batch(), input.time(), network);
    }
  }

  private RandomGraphs(Random random, List<Signature.Input> inputs) {
    this.random = random;
    this.graph = new GraphBuilder("random", inputs);
    inputs.forEach(input -> values.add(input.name()));
  }

  /** So many random cases, or the one that the system property names. Prints the first seed. */
  public static Stream<Case> cases(int count) {
    Long seed = Long.getLong(RandomModels.SEED_PROPERTY);
    if (seed != null) {
      return Stream.of(of(seed));
    }
    long first = new Random().nextInt(1_000_000_000);
    System.out.printf("random graphs: seeds %d to %d%n", first, first + count - 1);
    return LongStream.range(first, first + count).mapToObj(RandomGraphs::of);
  }

  /** So many random cases that can go a step at a time. */
  public static Stream<Case> stepwise(int count) {
    long first = new Random().nextInt(1_000_000_000);
    System.out.printf("random graphs that step: seeds from %d%n", first);
    return LongStream.iterate(first, seed -> seed + 1)
        .mapToObj(RandomGraphs::of)
        .filter(given -> given.network().signature().isCausal())
        .limit(count);
  }

  public static Case of(long seed) {
    Random random = new Random(seed * 0x9E3779B97F4A7C15L);
    int time = 1 + random.nextInt(STEPS);
    boolean isFixed = random.nextInt(3) == 0;
    Signature.Dimension steps = isFixed ? Signature.Dimension.of(time) : Signature.Dimension.TIME;
    List<Signature.Input> inputs = new ArrayList<>();
    inputs.add(
        new Signature.Input(
            "x",
            List.of(Signature.Dimension.BATCH, steps, Signature.Dimension.of(odd(random))),
            OptionalInt.empty()));
    if (random.nextBoolean()) {
      inputs.add(
          new Signature.Input(
              "static",
              List.of(Signature.Dimension.BATCH, Signature.Dimension.of(odd(random))),
              OptionalInt.empty()));
    }
    RandomGraphs graphs = new RandomGraphs(random, inputs);
    Network network = graphs.network(inputs);
    return new Case(
        seed,
        network,
        graphs.input(
            network.signature(),
            Math.max(time, network.signature().inside().leastSteps()),
            isFixed),
        network.signature().returnSequences() && random.nextBoolean());
  }

  private Network network(List<Signature.Input> inputs) {
    String first = "x";
    if (random.nextInt(4) == 0) {
      first = add("mask", new Layer.Masking(width("x"), 0), "x");
    }
    add("lstm", recurrent(width("x"), random.nextInt(4) == 0), first);
    for (int i = 0; i < 8; i++) {
      try {
        grow(i);
      } catch (InconsistentModelException e) {
        // It does not fit what there is: another will.
      }
    }
    String last = values.get(values.size() - 1);
    Map<String, String> outputs = new LinkedHashMap<>();
    outputs.put("output", last);
    // So that each input and a cell lead to an output.
    outputs.put("lstm", "lstm");
    if (inputs.size() > 1) {
      outputs.put("beside", add("beside", dense(width("static")), "static"));
    }
    boolean isStreamed = graph.shape(last).isStreamed();
    try {
      return graph.build(outputs, new Signature.Unroll(isStreamed, Summary.LAST_STEP));
    } catch (InconsistentModelException e) {
      // No number of steps may fit it: then the cell alone.
      outputs.put("output", "lstm");
      return graph.build(outputs, new Signature.Unroll(true, Summary.LAST_STEP));
    }
  }

  private String add(String name, Operation operation, String... below) {
    String added = graph.add(name, operation, List.of(below));
    values.add(added);
    return added;
  }

  private int width(String name) {
    Shape shape = graph.shape(name);
    return shape.width();
  }

  private String any() {
    return values.get(random.nextInt(values.size()));
  }

  private void grow(int i) {
    String x = random.nextBoolean() ? values.get(values.size() - 1) : any();
    Shape shape = graph.shape(x);
    int width = shape.width();
    String name = "n" + i;
    switch (random.nextInt(28)) {
      case 0 -> {
        String recurrent = add(name, recurrent(width, random.nextInt(4) == 0), x);
        if (random.nextBoolean()) {
          values.add(recurrent + ":" + Layer.Recurrent.FINAL);
        }
      }
      case 1 -> add(name, dense(width), x);
      case 2 -> add(name, new Layer.Activate(width, Activation.TANH), x);
      case 3 -> add(name, convolution(width), x);
      case 4 -> add(name, new TensorOperation.Pool1d(window(1), random.nextBoolean()), x);
      case 5 -> add(name, new TensorOperation.Reduce(reduction(), Set.of(0), chance()), x);
      case 6 -> add(name, ShapeOperation.Reshape.flatten(), x);
      case 7 -> add(name, new ShapeOperation.Repeat(1 + random.nextInt(4)), x);
      case 8 -> add(name, new TensorOperation.Combine(arithmetic()), x, any());
      case 9 -> add(name, new ShapeOperation.Concat(random.nextInt(2)), x, any());
      case 10 -> add(name, new ShapeOperation.Permute(List.of(1, 0)), x);
      case 11 -> add(name, new TensorOperation.Softmax(random.nextInt(2)), x);
      case 12 -> add(name, new TensorOperation.Attend(1, 0.7f, chance()), x, x, x);
      case 13 -> add(name, new TensorOperation.AdditiveAttend(floats(width, 1), chance()), x, x, x);
      case 14 -> add(name, new ShapeOperation.Slice(0, -1, null, true), x);
      case 15 -> add(name, new ShapeOperation.Slice(random.nextInt(2), 1, null, false), x);
      case 16 -> add(name, new ShapeOperation.Pad(random.nextInt(3), random.nextInt(3)), x);
      case 17 -> add(name, new ShapeOperation.Reverse(random.nextInt(2)), x);
      case 18 ->
          add(
              name,
              new TensorOperation.GroupNorm(
                  width % 3 == 0 ? 3 : 1, 0.1f, floats(width, 1), floats(width, 1)),
              x);
      case 19 -> add(name, new TensorOperation.Prelu(floats(width, 1)), x);
      case 20 -> {
        int axis = random.nextInt(2);
        add(name, new TensorOperation.Dot(axis, random.nextInt(2), chance()), x, any());
      }
      case 21 -> initialized(name, x, width);
      default -> array(name, x, shape);
    }
  }

  /** One of what graphs of arrays are made of. */
  private void array(String name, String x, Shape shape) {
    int width = shape.width();
    switch (random.nextInt(7)) {
      case 0 -> {
        // Of what all numbers have, without a pole or a leap.
        List<Function> smooth = List.of(Function.ABSOLUTE, Function.ERF, Function.SINE);
        List<Function> others = List.of(Function.COSINE, Function.GELU_TANH, Function.ERF);
        add(
            name,
            new ArrayOperation.Apply((chance() ? smooth : others).get(random.nextInt(3)), 0),
            x);
      }
      case 1 -> {
        int count = chance() ? 1 : width;
        add(
            name,
            new ArrayOperation.CombineConstant(
                arithmetic(), chance(), List.of(count), floats(count, 1)),
            x);
      }
      case 2 ->
          add(
              name,
              new ArrayOperation.CombineConstant(
                  Arithmetic.ADD, false, List.of(3, width), floats(3 * width, 1)),
              x);
      case 3 -> add(name, new ArrayOperation.Constant(List.of(2, 3), floats(6, 1)), x);
      case 4 -> {
        String turned = add(name, new ShapeOperation.Permute(List.of(1, 0)), x);
        add(name, new ArrayOperation.MatrixProduct(), x, turned);
      }
      case 5 -> {
        List<Integer> places = List.of(random.nextInt(width), random.nextInt(width));
        add(name, new ArrayOperation.Take(shape.rank() - 1, places), x);
      }
      default -> {
        String steps = any();
        String one = add(name, new ShapeOperation.Reshape(List.of(1, width)), x);
        String many = add(name, new ArrayOperation.RepeatLike(0, 0), one, steps);
        add(name, new ArrayOperation.Select(), many, many, x);
      }
    }
  }

  /** A cell that begins with what another node gives. */
  private void initialized(String name, String x, int width) {
    List<String> vectors = values.stream().filter(value -> graph.shape(value).rank() == 1).toList();
    if (vectors.isEmpty()) {
      return;
    }
    String state = vectors.get(random.nextInt(vectors.size()));
    add(name, Layer.Recurrent.of(cell(width, width(state))), x, state, state);
  }

  private Operation recurrent(int width, boolean twoWays) {
    LstmCell forward = cell(width, odd(random));
    return twoWays
        ? new Layer.Recurrent(
            forward, cell(width, forward.outputSize()), Merge.SUM, false, chance())
        : new Layer.Recurrent(forward, null, Merge.CONCAT, false, chance());
  }

  private LstmCell cell(int width, int hidden) {
    CellConfig config = CellConfig.builder(width, hidden).build();
    return new LstmCell(
        config,
        new CellWeights(
            floats(width * 4 * hidden, 0.5f),
            floats(hidden * 4 * hidden, 0.5f),
            floats(4 * hidden, 1),
            null,
            null));
  }

  private Layer dense(int width) {
    int outputs = odd(random);
    return new Layer.Dense(
        width, outputs, Activation.LINEAR, floats(width * outputs, 0.5f), floats(outputs, 1));
  }

  private TensorOperation convolution(int width) {
    int groups = width % 3 == 0 && chance() ? 3 : 1;
    int outputs = odd(random) * groups;
    Window window = window(1 + random.nextInt(2));
    return new TensorOperation.Conv1d(
        window,
        width,
        outputs,
        groups,
        floats(window.size() * width / groups * outputs, 0.5f),
        floats(outputs, 1));
  }

  private Window window(int dilation) {
    int size = 1 + random.nextInt(3);
    int stride = chance() ? 1 : 1 + random.nextInt(3);
    Padding padding = List.of(Padding.values()).get(random.nextInt(3));
    return padding == Padding.EXPLICIT
        ? new Window(size, stride, dilation, padding, (size - 1) / 2, (size - 1) / 2)
        : new Window(size, stride, dilation, padding, 0, 0);
  }

  private Reduction reduction() {
    return List.of(Reduction.values()).get(random.nextInt(4));
  }

  /** Not a quotient: it would make rounding as large as it likes. */
  private Arithmetic arithmetic() {
    List<Arithmetic> all =
        Arrays.stream(Arithmetic.values()).filter(each -> each != Arithmetic.DIVIDE).toList();
    return all.get(random.nextInt(all.size()));
  }

  private NetworkInput input(Signature signature, int time, boolean isFixed) {
    int batch = 1 + random.nextInt(4);
    int width = signature.inputSize();
    float[] x = floats(batch * time * width, 1);
    for (int step = 0; step < batch * time; step++) {
      // A mean of no step is no number: the first always counts.
      if (step % time > 0 && random.nextInt(4) == 0) {
        Arrays.fill(x, step * width, (step + 1) * width, 0);
      }
    }
    int[] lengths = null;
    if (!isFixed && chance()) {
      lengths = new int[batch];
      int least = signature.inside().leastSteps();
      Arrays.setAll(lengths, i -> least + random.nextInt(time - least + 1));
    }
    RecurrentState state = RecurrentState.zero(signature.state(), batch);
    if (chance()) {
      Arrays.setAll(state.values(), i -> floats(state.values()[i].length, 1));
    }
    List<Tensor> others = new ArrayList<>();
    for (Signature.Input other : signature.inputs().subList(1, signature.inputs().size())) {
      others.add(
          new Tensor.Floats(new int[] {batch, other.size()}, floats(batch * other.size(), 1)));
    }
    return new NetworkInput(batch, time, x, null, lengths, state, others);
  }

  private boolean chance() {
    return random.nextBoolean();
  }

  private static int odd(Random random) {
    return 1 + 2 * random.nextInt(6);
  }

  private float[] floats(int count, float bound) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = (2 * random.nextFloat() - 1) * bound;
    }
    return floats;
  }
}

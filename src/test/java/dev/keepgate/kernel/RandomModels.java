package dev.keepgate.kernel;

import dev.keepgate.model.Activation;
import dev.keepgate.model.Activation.Kind;
import dev.keepgate.model.Cell;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellType;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.GruCell;
import dev.keepgate.model.GruConfig;
import dev.keepgate.model.Layer;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.Merge;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.RnnCell;
import dev.keepgate.model.RnnConfig;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Summary;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Models of any layers and options, small and of odd sizes, with a batch for each; all of a case
 * follows from its seed.
 */
public final class RandomModels {

  /** Runs this one case again, in place of random ones. */
  public static final String SEED_PROPERTY = "keepgate.seed";

  /** How many steps a row has at most. */
  private static final int LONGEST = 9;

  private static final Kind[] KINDS = Kind.values();

  private static final List<CellType> TYPES = List.of(CellType.values());

  /** A cell with one of these may grow without end, so its sums are clipped. */
  private static final Set<Kind> UNBOUNDED =
      EnumSet.complementOf(
          EnumSet.of(Kind.TANH, Kind.SIGMOID, Kind.HARD_SIGMOID, Kind.SCALED_TANH, Kind.SOFTSIGN));

  /**
   * Between 0 and 1 where what goes in is clipped: a GRU's new state is a mean of its old one and
   * its candidate then, and rounding does not grow.
   */
  private static final List<Kind> GRU_GATES = List.of(Kind.SIGMOID, Kind.HARD_SIGMOID, Kind.RELU);

  /**
   * Beyond 1 where what goes in is clipped: a forget gate that makes rounding larger at every step,
   * until one unit in the last place of a state moves even the exact result by more than the
   * tolerance. They are an LSTM's gates in {@link #of(Kind, long)}, for one step.
   */
  private static final Set<Kind> GROWING =
      EnumSet.of(Kind.EXPONENTIAL, Kind.SOFTPLUS, Kind.SQUAREPLUS, Kind.LOG_SIGMOID, Kind.SELU);

  /** Those that stay between 0 and 1. */
  private static final Set<Kind> GATES = EnumSet.of(Kind.SIGMOID, Kind.HARD_SIGMOID);

  private final Random random;
  private final List<Layer> layers = new ArrayList<>();

  /** What the layers so far give; 0 before the first. */
  private int width;

  private RandomModels(long seed) {
    // Neighbouring seeds would begin alike.
    this.random = new Random(seed * 0x9E3779B97F4A7C15L);
  }

  /** A model and what to ask it. */
  public record Case(
      long seed, Network model, NetworkInput input, boolean returnSequences, boolean trace) {

    /** Whether no layer reads backwards or masks steps. */
    public boolean isStepwise() {
      return model.signature().isCausal() && !model.signature().masksSteps();
    }

    @Override
    public String toString() {
      return "-D%s=%d: batch %d, time %d, %s"
          .formatted(SEED_PROPERTY, seed, input.batch(), input.time(), model);
    }
  }

  /** So many random cases, or the one that the system property names. Prints the first seed. */
  public static Stream<Case> cases(int count) {
    Long seed = Long.getLong(SEED_PROPERTY);
    if (seed != null) {
      return Stream.of(of(seed));
    }
    long first = new Random().nextInt(1_000_000_000);
    System.out.printf("random models: seeds %d to %d%n", first, first + count - 1);
    return LongStream.range(first, first + count).mapToObj(RandomModels::of);
  }

  /** So many random cases whose rows can go a step at a time, without an unroll. */
  public static Stream<Case> stepwise(int count) {
    long first = Long.getLong(SEED_PROPERTY, new Random().nextInt(1_000_000_000));
    System.out.printf("random models that step: seeds from %d%n", first);
    return LongStream.iterate(first, seed -> seed + 1)
        .mapToObj(RandomModels::of)
        .filter(Case::isStepwise)
        .limit(Long.getLong(SEED_PROPERTY) == null ? count : 1);
  }

  /** A case whose model applies one kind of activation wherever it can. */
  public static Case of(Kind kind, long seed) {
    RandomModels models = new RandomModels(seed);
    boolean isInCell = seed % 2 == 0 && !kind.isOfRow();
    Network model = models.model(kind, isInCell, TYPES.get((int) (seed / 2 % TYPES.size())));
    // A forget gate above 1 makes errors larger at every step.
    NetworkInput input = models.input(model, isInCell ? 1 : LONGEST);
    return new Case(seed, model, input, true, true);
  }

  public static Case of(long seed) {
    RandomModels models = new RandomModels(seed);
    Network model = models.model();
    return new Case(
        seed, model, models.input(model, LONGEST), models.random.nextBoolean(), models.chance(3));
  }

  private Network model() {
    front();
    int recurrentLayers = 1 + random.nextInt(3);
    for (int i = 0; i < recurrentLayers; i++) {
      layers.add(recurrent());
      if (chance(3)) {
        layers.add(pointwise(false));
      }
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      layers.add(pointwise(true));
    }
    return Network.chain(
        "random", layers, true, random.nextBoolean() ? Summary.LAST_STEP : Summary.FINAL_STATE);
  }

  /** In its cell, by every other seed, or in its head; a softmax is for heads alone. */
  private Network model(Kind kind, boolean isInCell, CellType type) {
    width = oddSize();
    layers.add(Layer.Recurrent.of(cell(type, isInCell ? activation(kind) : null)));
    width = layers.get(0).outputSize();
    if (!isInCell) {
      layers.add(
          random.nextBoolean()
              ? dense(activation(kind))
              : new Layer.Activate(width, activation(kind)));
    }
    return Network.chain("random", layers, true, Summary.LAST_STEP);
  }

  /**
   * A cell of one kind.
   *
   * @param everywhere its only activation; null for those that such cells mostly have
   */
  private Cell cell(CellType type, @Nullable Activation everywhere) {
    int hidden = oddSize();
    Activation gates = everywhere == null ? Activation.SIGMOID : everywhere;
    Activation candidate = everywhere == null ? Activation.TANH : everywhere;
    return switch (type) {
      case LSTM ->
          withWeights(
              CellConfig.builder(width, hidden)
                  .recurrentActivation(gates)
                  .activation(candidate)
                  .cellActivation(candidate)
                  .inputClip(1)
                  .cellClip(1)
                  .build());
      case GRU ->
          withWeights(new GruConfig(width, hidden, random.nextBoolean(), 1, gates, candidate));
      case RNN -> withWeights(new RnnConfig(width, hidden, 1, candidate));
    };
  }

  private Layer dense(Activation activation) {
    int input = width;
    width = oddSize();
    return new Layer.Dense(
        input, width, activation, floats(input * width, spread(input)), floats(width, 1));
  }

  private void front() {
    width = oddSize();
    if (chance(4)) {
      int vocabulary = 1 + random.nextInt(9);
      layers.add(
          new Layer.Embedding(
              vocabulary, width, random.nextBoolean(), floats(vocabulary * width, 1)));
    } else if (chance(3)) {
      layers.add(new Layer.Masking(width, random.nextInt(2)));
    } else if (chance(3)) {
      layers.add(pointwise(true));
    }
  }

  private Layer recurrent() {
    CellType type = chance(2) ? CellType.LSTM : TYPES.get(random.nextInt(TYPES.size()));
    Cell forward = cell(type, 0);
    boolean twoWays = chance(3);
    Merge merge = List.of(Merge.values()).get(random.nextInt(Merge.values().length));
    Cell backward = twoWays ? cell(type, merge == Merge.CONCAT ? 0 : forward.outputSize()) : null;
    boolean repeat = random.nextBoolean();
    Layer layer =
        !twoWays && chance(5)
            ? new Layer.Recurrent(null, forward, merge, random.nextBoolean(), repeat)
            : new Layer.Recurrent(forward, backward, merge, false, repeat);
    width = layer.outputSize();
    return layer;
  }

  /**
   * A cell with any options.
   *
   * @param output width of h; 0 for any
   */
  private Cell cell(CellType type, int output) {
    return switch (type) {
      case LSTM -> withWeights(lstm(width, output));
      case GRU -> withWeights(gru(width, output > 0 ? output : oddSize()));
      case RNN -> withWeights(rnn(width, output > 0 ? output : oddSize()));
    };
  }

  private GruConfig gru(int input, int hidden) {
    boolean isPlain = random.nextBoolean();
    Activation gates =
        isPlain ? Activation.SIGMOID : activation(GRU_GATES.get(random.nextInt(GRU_GATES.size())));
    Activation candidate = isPlain ? Activation.TANH : elementwise();
    return new GruConfig(
        input, hidden, random.nextBoolean(), inputClip(gates, candidate), gates, candidate);
  }

  private RnnConfig rnn(int input, int hidden) {
    Activation activation = random.nextBoolean() ? Activation.TANH : elementwise();
    return new RnnConfig(input, hidden, inputClip(activation), activation);
  }

  private float inputClip(Activation... activations) {
    boolean mustClip = Stream.of(activations).anyMatch(each -> UNBOUNDED.contains(each.kind()));
    return mustClip || chance(4) ? clip() : CellConfig.NO_CLIP;
  }

  private CellConfig lstm(int input, int output) {
    int hidden = output > 0 && random.nextBoolean() ? output : oddSize();
    int projection = output == hidden || (output == 0 && !chance(3)) ? 0 : oddSize();
    CellConfig.Builder cell =
        CellConfig.builder(input, hidden)
            .projectionSize(output > 0 && output != hidden ? output : projection)
            .peepholes(chance(3));
    boolean isCoupled = chance(4);
    boolean isPlain = random.nextBoolean();
    Activation drawn = isPlain ? Activation.SIGMOID : elementwise();
    Activation gates = GROWING.contains(drawn.kind()) ? Activation.SIGMOID : drawn;
    Activation candidate = isPlain ? Activation.TANH : elementwise();
    Activation ofCell = isPlain ? Activation.TANH : elementwise();
    boolean mustClip =
        Stream.of(gates, candidate, ofCell).anyMatch(each -> UNBOUNDED.contains(each.kind()));
    // Where an input gate is below 0, a coupled forget gate is above 1: rounding grows at each
    // step.
    return cell.coupled(isCoupled && GATES.contains(gates.kind()))
        .recurrentActivation(gates)
        .activation(candidate)
        .cellActivation(ofCell)
        .inputClip(mustClip || chance(4) ? clip() : CellConfig.NO_CLIP)
        .cellClip(mustClip || chance(4) ? clip() : CellConfig.NO_CLIP)
        .projectionClip(mustClip || chance(4) ? clip() : CellConfig.NO_CLIP)
        .build();
  }

  private LstmCell withWeights(CellConfig cell) {
    return new LstmCell(cell, weights(cell));
  }

  private GruCell withWeights(GruConfig cell) {
    int hidden = cell.hiddenSize();
    int blocks = GruCell.BLOCKS * hidden;
    return new GruCell(
        cell,
        floats(cell.inputSize() * blocks, spread(cell.inputSize())),
        floats(hidden * blocks, spread(hidden)),
        floats(blocks, 1),
        floats(cell.resetAfter() ? hidden : 0, 1));
  }

  private RnnCell withWeights(RnnConfig cell) {
    int hidden = cell.hiddenSize();
    return new RnnCell(
        cell,
        floats(cell.inputSize() * hidden, spread(cell.inputSize())),
        floats(hidden * hidden, spread(hidden)),
        floats(hidden, 1));
  }

  private CellWeights weights(CellConfig cell) {
    int gates = 4 * cell.hiddenSize();
    int output = cell.outputSize();
    return new CellWeights(
        floats(cell.inputSize() * gates, spread(cell.inputSize())),
        floats(output * gates, spread(output)),
        floats(gates, 1),
        cell.peepholes() ? floats(3 * cell.hiddenSize(), 0.5f) : null,
        cell.projectionSize() > 0
            ? floats(cell.hiddenSize() * output, spread(cell.hiddenSize()))
            : null);
  }

  /** A layer that works on each step alone. */
  private Layer pointwise(boolean mayNormalize) {
    int input = width;
    return switch (random.nextInt(mayNormalize ? 4 : 3)) {
      case 0 -> dense(activation());
      case 1 -> new Layer.Scale(floats(input, 1), floats(input, 1));
      case 2 -> new Layer.Activate(input, activation());
      default -> new Layer.LayerNorm(0.01f, floats(input, 1), floats(input, 1));
    };
  }

  private Activation activation() {
    return activation(KINDS[random.nextInt(KINDS.length)]);
  }

  private Activation elementwise() {
    Kind kind = KINDS[random.nextInt(KINDS.length)];
    return kind.isOfRow() ? Activation.TANH : activation(kind);
  }

  private Activation activation(Kind kind) {
    return switch (kind) {
      case HARD_SIGMOID ->
          random.nextBoolean() ? Activation.HARD_SIGMOID_FIFTH : Activation.HARD_SIGMOID_SIXTH;
      case SCALED_TANH -> new Activation(kind, 0.9f, 0.7f);
      case AFFINE -> new Activation(kind, 0.6f, 0.1f);
      case HARD_SWISH -> Activation.HARD_SWISH_SIXTH;
      case CLIP -> new Activation(kind, -0.4f, 0.9f);
      case SELU -> new Activation(kind, 1.67f, 1.05f);
      case CELU -> new Activation(kind, 0.7f, 0);
      case SQUAREPLUS -> new Activation(kind, 4, 0);
      case HARD_SHRINK, SOFT_SHRINK -> new Activation(kind, 0.2f, 0);
      case THRESHOLD -> new Activation(kind, 0.1f, -0.3f);
      case LEAKY_RELU, ELU -> new Activation(kind, 0.3f, 0);
      // It jumps at any other threshold, and there no tolerance would do.
      default -> Activation.of(kind);
    };
  }

  private NetworkInput input(Network model, int longest) {
    Signature signature = model.signature();
    int batch = 1 + random.nextInt(7);
    int time = 1 + random.nextInt(longest);
    int[] lengths = random.nextBoolean() ? ints(batch, time + 1) : null;
    RecurrentState state = RecurrentState.zero(signature.state(), batch);
    if (random.nextBoolean()) {
      Arrays.setAll(state.values(), i -> floats(state.values()[i].length, 1));
    }
    if (signature.takesIds()) {
      int[] ids = ints(batch * time, signature.inputs().get(0).vocabulary().orElseThrow());
      return new NetworkInput(batch, time, new float[0], ids, lengths, state);
    }
    float[] x = floats(batch * time * signature.inputSize(), 1);
    if (model.chain().get(0) instanceof Layer.Masking masking) {
      for (int step = 0; step < batch * time; step++) {
        if (chance(3)) {
          int from = step * signature.inputSize();
          Arrays.fill(x, from, from + signature.inputSize(), masking.value());
        }
      }
    }
    return new NetworkInput(batch, time, x, null, lengths, state);
  }

  private boolean chance(int oneIn) {
    return random.nextInt(oneIn) == 0;
  }

  private int oddSize() {
    return 1 + 2 * random.nextInt(19);
  }

  private float clip() {
    return 0.3f + 0.7f * random.nextFloat();
  }

  /** Keeps sums of so many products near 1. */
  private static float spread(int terms) {
    return (float) Math.sqrt(3.0 / (terms + 1));
  }

  private float[] floats(int count, float bound) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = (2 * random.nextFloat() - 1) * bound;
    }
    return floats;
  }

  private int[] ints(int count, int bound) {
    return random.ints(count, 0, bound).toArray();
  }
}

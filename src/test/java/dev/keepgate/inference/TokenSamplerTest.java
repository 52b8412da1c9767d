package dev.keepgate.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.model.ModelSettings.Probability;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Tokens are drawn as often as they are likely. */
class TokenSamplerTest {

  private static final int WIDTH = 12;
  private static final int DRAWS = 200_000;

  private final long seed = Long.getLong("keepgate.seed", new Random().nextLong());
  private final Random random = new Random(seed);

  @BeforeEach
  void tellSeed() {
    System.out.println("TokenSamplerTest seed " + seed);
  }

  private static Sampling sampling(double temperature, int topK, double topP, long seed) {
    return new Sampling(temperature, topK, topP, seed);
  }

  private float[] logits() {
    float[] logits = new float[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      logits[i] = (float) random.nextGaussian() * 2;
    }
    return logits;
  }

  private static double[] softmax(float[] logits, double temperature) {
    double[] weights = IntStream.range(0, logits.length).mapToDouble(i -> logits[i]).toArray();
    double most = Arrays.stream(weights).max().orElseThrow();
    return normalized(
        Arrays.stream(weights).map(each -> Math.exp((each - most) / temperature)).toArray());
  }

  private static double[] normalized(double[] weights) {
    double sum = Arrays.stream(weights).sum();
    return Arrays.stream(weights).map(each -> each / sum).toArray();
  }

  private static int[] counts(TokenSampler sampler, float[] outputs) {
    int[] counts = new int[outputs.length];
    for (int step = 0; step < DRAWS; step++) {
      counts[sampler.next(outputs, 0, outputs.length, step % 5, step / 5)]++;
    }
    return counts;
  }

  /** By chi-square, whose value is beyond six deviations once in millions of draws' sets. */
  private static void assertDrawnFrom(double[] expected, int[] counts) {
    double draws = Arrays.stream(counts).sum();
    double chi = 0;
    double rest = 0;
    double restCount = 0;
    int degrees = -1;
    for (int i = 0; i < expected.length; i++) {
      if (expected[i] == 0) {
        assertThat(counts[i]).as("of id %d", i).isZero();
      } else if (expected[i] * draws < 10) {
        rest += expected[i] * draws;
        restCount += counts[i];
      } else {
        chi += Math.pow(counts[i] - expected[i] * draws, 2) / (expected[i] * draws);
        degrees++;
      }
    }
    if (rest >= 10) {
      chi += Math.pow(restCount - rest, 2) / rest;
      degrees++;
    }
    assertThat(chi)
        .as("chi-square of %d degrees of %s", degrees, Arrays.toString(counts))
        .isLessThan(degrees + 6 * Math.sqrt(2 * Math.max(degrees, 1)) + 12);
  }

  @ParameterizedTest
  @CsvSource({"0.3", "1", "2.5"})
  void drawsByTheSoftmaxOfLogits(double temperature) {
    float[] logits = logits();
    TokenSampler sampler =
        new TokenSampler(Probability.SOFTMAX, sampling(temperature, 0, 1, random.nextLong()));
    assertDrawnFrom(softmax(logits, temperature), counts(sampler, logits));
  }

  @ParameterizedTest
  @EnumSource(names = {"AS_THEY_ARE", "SOFTMAX", "EXPONENTIAL"})
  void probabilitiesLogarithmsAndLogitsAreToldApart(Probability probability) {
    double[] expected = softmax(logits(), 1);
    float[] outputs = new float[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      outputs[i] =
          (float)
              switch (probability) {
                case AS_THEY_ARE -> expected[i];
                case EXPONENTIAL -> Math.log(expected[i]);
                default -> Math.log(expected[i]) + 3;
              };
    }
    TokenSampler hot = new TokenSampler(probability, sampling(1.7, 0, 1, random.nextLong()));
    double[] powers =
        normalized(Arrays.stream(expected).map(each -> Math.pow(each, 1 / 1.7)).toArray());
    assertDrawnFrom(powers, counts(hot, outputs));
    for (int id = 0; id < WIDTH; id++) {
      assertThat(hot.probability(outputs, 0, WIDTH, id)).isEqualTo(expected[id], within(1e-6));
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 1", "12, 1", "40, 1", "0, 0.6", "0, 0.999", "5, 0.8", "0, 1e-300"})
  void drawsAmongTheLikeliest(int topK, double topP) {
    float[] logits = logits();
    double[] expected = softmax(logits, 1.2);
    Integer[] order = IntStream.range(0, WIDTH).boxed().toArray(Integer[]::new);
    Arrays.sort(order, (a, b) -> Double.compare(expected[b], expected[a]));
    int most = topK == 0 ? WIDTH : Math.min(topK, WIDTH);
    double all = Arrays.stream(order).limit(most).mapToDouble(id -> expected[id]).sum();
    double[] kept = new double[WIDTH];
    double sum = 0;
    for (int i = 0; i < most && (i == 0 || sum < topP * all); i++) {
      kept[order[i]] = expected[order[i]];
      sum += expected[order[i]];
    }
    TokenSampler sampler =
        new TokenSampler(Probability.SOFTMAX, sampling(1.2, topK, topP, random.nextLong()));
    assertDrawnFrom(normalized(kept), counts(sampler, logits));
  }

  @Test
  void ofEqualOnesTheLowerIdsAreTheLikeliest() {
    float[] equal = {1, 3, -0f, 3, 0f, 3, 3};
    TokenSampler three =
        new TokenSampler(Probability.SOFTMAX, sampling(1, 3, 1, random.nextLong()));
    assertDrawnFrom(normalized(new double[] {0, 1, 0, 1, 0, 1, 0}), counts(three, equal));
    TokenSampler half =
        new TokenSampler(Probability.SOFTMAX, sampling(1, 0, 0.4, random.nextLong()));
    assertDrawnFrom(normalized(new double[] {0, 1, 0, 1, 0, 0, 0}), counts(half, equal));
    TokenSampler zeros =
        new TokenSampler(Probability.SOFTMAX, sampling(1, 6, 1, random.nextLong()));
    assertThat(counts(zeros, equal)[4]).isZero();
    TokenSampler greedy = new TokenSampler(Probability.SOFTMAX, sampling(0, 0, 1, 1));
    assertThat(greedy.next(equal, 0, equal.length, 0, 0)).isEqualTo(1);
  }

  @Test
  void temperaturesAtTheirEnds() {
    float[] logits = logits();
    int most =
        IntStream.range(0, WIDTH).reduce((a, b) -> logits[b] > logits[a] ? b : a).orElseThrow();
    int[] cold =
        counts(
            new TokenSampler(
                Probability.SOFTMAX, sampling(Double.MIN_VALUE, 0, 1, random.nextLong())),
            logits);
    assertThat(cold[most]).isEqualTo(DRAWS);
    double[] even = new double[WIDTH];
    Arrays.fill(even, 1.0 / WIDTH);
    assertDrawnFrom(
        even,
        counts(
            new TokenSampler(
                Probability.SOFTMAX, sampling(Double.MAX_VALUE, 0, 1, random.nextLong())),
            logits));
  }

  @Test
  void whatIsImpossibleIsNeverDrawn() {
    float[] probabilities = {0, 0.25f, 0, 0.75f, 0};
    for (double topP : new double[] {1, 0.9999999}) {
      TokenSampler sampler =
          new TokenSampler(Probability.AS_THEY_ARE, sampling(3, 0, topP, random.nextLong()));
      double[] powers =
          normalized(new double[] {0, Math.pow(0.25, 1 / 3.0), 0, Math.pow(0.75, 1 / 3.0), 0});
      assertDrawnFrom(powers, counts(sampler, probabilities));
    }
  }

  @Test
  void stepsAndRowsAndSeedsAreDrawnApart() {
    float[] even = new float[4];
    TokenSampler sampler =
        new TokenSampler(Probability.SOFTMAX, sampling(1, 0, 1, random.nextLong()));
    int[][] pairs = new int[3][16];
    for (int i = 0; i < DRAWS; i++) {
      int own = sampler.next(even, 0, 4, 0, i);
      TokenSampler other = new TokenSampler(Probability.SOFTMAX, sampling(1, 0, 1, i));
      TokenSampler next = new TokenSampler(Probability.SOFTMAX, sampling(1, 0, 1, i + 1L));
      pairs[0][own * 4 + sampler.next(even, 0, 4, 0, i + 1)]++;
      pairs[1][own * 4 + sampler.next(even, 0, 4, 1, i)]++;
      pairs[2][other.next(even, 0, 4, 0, 0) * 4 + next.next(even, 0, 4, 0, 0)]++;
    }
    double[] expected = new double[16];
    Arrays.fill(expected, 1 / 16.0);
    for (int[] counts : pairs) {
      assertDrawnFrom(expected, counts);
    }
  }

  @ParameterizedTest
  @CsvSource({"NaN", "Infinity", "-Infinity"})
  void whatIsNotFiniteIsNoToken(float number) {
    float[] outputs = logits();
    outputs[random.nextInt(WIDTH)] = number;
    for (double temperature : new double[] {0, 1}) {
      TokenSampler sampler =
          new TokenSampler(Probability.SOFTMAX, sampling(temperature, 2, 0.5, 1));
      assertThat(sampler.next(outputs, 0, WIDTH, 0, 0)).isEqualTo(TokenSampler.NONE);
    }
  }
}

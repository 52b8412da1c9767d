package dev.keepgate.model;

import dev.keepgate.model.ModelSettings.Classes;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Tells the likeliest classes of an output's numbers. */
public final class ClassProbabilities {

  private final Classes classes;

  public ClassProbabilities(Classes classes) {
    this.classes = classes;
  }

  /**
   * A class and how likely it is.
   *
   * @param index of the class, from 0
   * @param probability 0 to 1
   */
  public record Ranked(int index, String name, double probability) {}

  /**
   * The likeliest classes, the likeliest first; of two that are equally likely the first first.
   *
   * @param values an output's numbers
   * @param from where the classes' numbers begin
   * @param width how many numbers there are
   * @param top how many classes at most
   */
  public List<Ranked> top(float[] values, int from, int width, int top) {
    double[] probabilities = of(Arrays.copyOfRange(values, from, from + width));
    return IntStream.range(0, probabilities.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer i) -> -probabilities[i]))
        .limit(top)
        .map(i -> new Ranked(i, classes.labels().names().get(i), probabilities[i]))
        .toList();
  }

  private double[] of(float[] values) {
    return switch (classes.probability()) {
      case AS_THEY_ARE -> IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
      case EXPONENTIAL ->
          IntStream.range(0, values.length).mapToDouble(i -> Math.exp(values[i])).toArray();
      case SOFTMAX -> softmax(values);
      case OF_THE_SECOND -> new double[] {1 - (double) values[0], values[0]};
      case SIGMOID_OF_THE_SECOND -> {
        double second = 1 / (1 + Math.exp(-(double) values[0]));
        yield new double[] {1 - second, second};
      }
    };
  }

  private static double[] softmax(float[] values) {
    double most = IntStream.range(0, values.length).mapToDouble(i -> values[i]).max().orElse(0);
    double[] powers =
        IntStream.range(0, values.length).mapToDouble(i -> Math.exp(values[i] - most)).toArray();
    double sum = Arrays.stream(powers).sum();
    return Arrays.stream(powers).map(power -> power / sum).toArray();
  }
}

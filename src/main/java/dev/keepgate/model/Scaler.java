package dev.keepgate.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Maps raw readings to a model's own numbers and back, each column by itself. Raw numbers are
 * doubles, and all is computed in double precision: readings near a million that differ by one keep
 * their difference. Immutable.
 *
 * @see ScalerStep
 */
public final class Scaler {

  /**
   * A column of the scaled numbers.
   *
   * @param source the column of the raw readings that it is made of, from 0
   * @param steps what is done to it, in this order
   */
  public record Column(int source, List<ScalerStep> steps) {
    public Column {
      steps = List.copyOf(steps);
    }

    double scale(double raw) {
      double value = raw;
      for (int i = 0; i < steps.size(); i++) {
        value = steps.get(i).apply(value);
      }
      return value;
    }

    double invert(double scaled) {
      double value = scaled;
      for (int i = steps.size() - 1; i >= 0; i--) {
        value = steps.get(i).invert(value);
      }
      return value;
    }
  }

  private final int inputs;
  private final List<String> names;
  private final Column[] columns;

  /**
   * A scaler.
   *
   * @param inputs how many columns the raw readings have
   * @param names of these columns; empty if they have none
   * @param columns of the scaled numbers
   * @throws InconsistentModelException if names and columns do not fit the inputs
   */
  public Scaler(int inputs, List<String> names, List<Column> columns) {
    if (inputs < 1 || columns.isEmpty()) {
      throw new InconsistentModelException("a scaler has no columns");
    }
    if (!names.isEmpty() && names.size() != inputs) {
      throw new InconsistentModelException(
          "a scaler of %d columns has %d names".formatted(inputs, names.size()));
    }
    if (new HashSet<>(names).size() < names.size()) {
      throw new InconsistentModelException("a scaler has two columns of the same name");
    }
    for (Column column : columns) {
      if (column.source() < 0 || column.source() >= inputs) {
        throw new InconsistentModelException(
            "a scaler of %d columns takes column %d".formatted(inputs, column.source()));
      }
    }
    this.inputs = inputs;
    this.names = List.copyOf(names);
    this.columns = columns.toArray(Column[]::new);
  }

  /** A scaler that does the same kind of thing to each of its columns. */
  public static Scaler ofColumns(int inputs, IntFunction<List<ScalerStep>> steps) {
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < inputs; i++) {
      columns.add(new Column(i, steps.apply(i)));
    }
    return new Scaler(inputs, List.of(), columns);
  }

  /** A scaler that leaves its columns as they are. */
  public static Scaler identity(int inputs) {
    return ofColumns(inputs, i -> List.of());
  }

  /** The same with other names of its raw columns; an empty list takes them away. */
  public Scaler withNames(List<String> newNames) {
    return new Scaler(inputs, newNames, columns());
  }

  /**
   * First this, then the next.
   *
   * @throws InconsistentModelException if the next takes another number of columns
   */
  public Scaler then(Scaler next) {
    if (next.inputs != columns.length) {
      throw new InconsistentModelException(
          "a scaler makes %d columns, the next takes %d".formatted(columns.length, next.inputs));
    }
    List<Column> joined = new ArrayList<>();
    for (Column column : next.columns) {
      Column first = columns[column.source()];
      List<ScalerStep> steps = new ArrayList<>(first.steps());
      steps.addAll(column.steps());
      joined.add(new Column(first.source(), steps));
    }
    return new Scaler(inputs, names, joined);
  }

  /**
   * The scaler of some raw columns alone: what a target's numbers are undone by when the target was
   * scaled together with the inputs.
   *
   * @param sources raw columns, from 0, in the order that is wanted; where one is there twice, the
   *     scaler has no names
   * @throws InconsistentModelException if one of them is not scaled, or scaled twice
   */
  public Scaler ofSources(int... sources) {
    List<Column> chosen = new ArrayList<>();
    List<String> chosenNames = new ArrayList<>();
    for (int source : sources) {
      List<Column> made = Arrays.stream(columns).filter(c -> c.source() == source).toList();
      if (made.size() != 1) {
        throw new InconsistentModelException(
            "a scaler makes %d columns of column %d; its inverse needs one"
                .formatted(made.size(), source));
      }
      if (!names.isEmpty()) {
        chosenNames.add(names.get(source));
      }
      chosen.add(new Column(chosen.size(), made.get(0).steps()));
    }
    boolean isDistinct = new HashSet<>(chosenNames).size() == chosenNames.size();
    return new Scaler(sources.length, isDistinct ? chosenNames : List.of(), chosen);
  }

  /**
   * The scaler whose inverse brings a model's outputs into their units, where this one scaled the
   * targets together with the inputs, or by themselves: the columns of the targets' names; without
   * names, its only column, which then is that of all outputs, as of several steps ahead; or its
   * columns in their order, if there are as many as outputs.
   *
   * @param targets names of the outputs, one each or one for all; empty if they have none
   * @param outputs how many numbers the model answers
   * @return of {@code outputs} columns
   * @throws InconsistentModelException if this leaves open which columns the targets are
   */
  public Scaler forTargets(List<String> targets, int outputs) {
    boolean isOne = targets.size() == 1 || (targets.isEmpty() && inputs == 1);
    int[] sources = new int[outputs];
    for (int i = 0; i < outputs; i++) {
      sources[i] = isOne ? 0 : i;
      if (!targets.isEmpty() && (isOne || targets.size() == outputs)) {
        sources[i] = names.indexOf(targets.get(sources[i]));
      } else if (!targets.isEmpty() || (inputs != 1 && inputs != outputs)) {
        throw new InconsistentModelException(
            "a scaler of %d columns and %d targets leave open how %d outputs were scaled; name"
                    .formatted(inputs, targets.size(), outputs)
                + " the columns and the target of each output");
      }
      if (sources[i] < 0) {
        throw new InconsistentModelException(
            "the target '%s' is none of the scaler's columns %s"
                .formatted(targets.get(isOne ? 0 : i), names));
      }
    }
    return ofSources(sources);
  }

  /** How many columns the raw readings have. */
  public int inputs() {
    return inputs;
  }

  /** How many columns the scaled numbers have. */
  public int outputs() {
    return columns.length;
  }

  /** The names of the raw columns, in their order; empty if they have none. */
  public List<String> names() {
    return names;
  }

  /** The columns of the scaled numbers. */
  public List<Column> columns() {
    return List.of(columns);
  }

  /** Scales one number: a raw one, of the column that the scaled one is made of. */
  public double scale(int column, double raw) {
    return columns[column].scale(raw);
  }

  /** Undoes {@link #scale}: a scaled number to one in the units of its raw column. */
  public double invert(int column, double scaled) {
    return columns[column].invert(scaled);
  }

  /**
   * Scales rows.
   *
   * @param raw [rows, inputs]
   * @return [rows, outputs], each rounded once, to the nearest float
   */
  public float[] scale(double[] raw) {
    int rows = rows(raw.length, inputs);
    float[] scaled = new float[Math.multiplyExact(rows, columns.length)];
    for (int row = 0, to = 0; row < rows; row++) {
      for (Column column : columns) {
        scaled[to++] = (float) column.scale(raw[row * inputs + column.source()]);
      }
    }
    return scaled;
  }

  /**
   * Undoes the scaling of rows.
   *
   * @param scaled [rows, outputs]
   * @return [rows, outputs]: each number in the units of the raw column that it was made of
   */
  public double[] invert(float[] scaled) {
    int rows = rows(scaled.length, columns.length);
    double[] raw = new double[scaled.length];
    for (int row = 0, at = 0; row < rows; row++) {
      for (Column column : columns) {
        raw[at] = column.invert(scaled[at]);
        at++;
      }
    }
    return raw;
  }

  private static int rows(int count, int width) {
    if (count % width != 0) {
      throw new IllegalArgumentException("%d numbers are no rows of %d".formatted(count, width));
    }
    return count / width;
  }
}

package dev.keepgate.importer.framework.onnx;

/**
 * What the dimensions of a graph's input are, as far as the operators that read it tell.
 *
 * @param batch which is the batch; {@link #NONE} where the graph is of one row
 * @param time which is the request's steps; {@link #NONE} where none is, or not known yet
 * @param width the size of the dimension that is open and neither of them; 0 where not known
 * @param vocabulary the bound of its integers; 0 where it holds real numbers
 */
record InputLayout(int batch, int time, int width, int vocabulary) {

  static final int NONE = -1;

  /** Of the time: none, whatever is open. */
  static final int NO_TIME = -2;

  /** Of the time: the graph is of one step, and the network of any number of them. */
  static final int ONE_STEP = -3;

  InputLayout withBatch(int other) {
    return new InputLayout(other, time == other ? NONE : time, width, vocabulary);
  }

  InputLayout withTime(int other) {
    return new InputLayout(batch, other, width, vocabulary);
  }

  InputLayout withoutTime() {
    return new InputLayout(batch, NO_TIME, width, vocabulary);
  }

  InputLayout withWidth(int other) {
    return new InputLayout(batch, time, other, vocabulary);
  }

  InputLayout withVocabulary(int other) {
    return new InputLayout(batch, time, width, other);
  }

  /** Thrown where an operator tells what an input is, so that the graph is followed anew. */
  static final class Learned extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String input;
    private final transient InputLayout layout;

    Learned(String input, InputLayout layout) {
      super(input + ": " + layout, null, false, false);
      this.input = input;
      this.layout = layout;
    }

    String input() {
      return input;
    }

    InputLayout layout() {
      return layout;
    }
  }
}

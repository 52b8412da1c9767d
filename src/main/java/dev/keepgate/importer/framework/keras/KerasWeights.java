package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import java.io.IOException;
import java.util.List;

/** Where a model's numbers are. */
interface KerasWeights {

  /** The numbers of one layer, taken in Keras' own order. */
  interface OfLayer {

    /** The shape of the next tensor. */
    int[] nextShape(String part, int index) throws ImportException;

    /**
     * Reads the next tensor.
     *
     * @param part below the layer, such as {@code forward_layer/cell}; empty for the layer itself
     * @param index of the variable within the part
     * @param shape that it must have
     */
    float[] next(String part, int index, int... shape) throws IOException, ImportException;
  }

  OfLayer of(KerasLayer layer) throws IOException, ImportException;

  /** Names of what was not read. */
  List<String> unused();
}

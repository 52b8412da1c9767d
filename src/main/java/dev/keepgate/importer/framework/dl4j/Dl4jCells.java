package dev.keepgate.importer.framework.dl4j;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.GateBlocks;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Cell;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.GateOrder;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.RnnCell;
import dev.keepgate.model.RnnConfig;
import java.io.IOException;
import java.util.Arrays;

/**
 * Reads recurrent cells. An LSTM's: W [in, 4 * hidden], RW [hidden, 4 * hidden] and b [4 * hidden],
 * the first index running fastest.
 *
 * <p>Deeplearning4j names its blocks i, f, o, g, but gives the layer's activation to "i" and the
 * gates' to "g" ({@code LSTMHelpers}): what it calls i is the candidate, and g the input gate.
 */
final class Dl4jCells {

  private static final GateOrder ORDER = GateOrder.GFOI;
  private static final int PEEPHOLES = 3;

  private Dl4jCells() {}

  static Cell read(Dl4jLayer layer, Dl4jParameters parameters, boolean peepholes)
      throws IOException, ImportException {
    int inputs = layer.size("nin");
    int hidden = layer.size("nout");
    long gates = 4L * hidden;
    float[] kernel =
        GateBlocks.fromRows(parameters.next(layer.name(), inputs * gates), inputs, hidden, ORDER);
    float[] stored = parameters.next(layer.name(), (gates + (peepholes ? PEEPHOLES : 0)) * hidden);
    float[] recurrent = GateBlocks.fromRows(stored, hidden, hidden, ORDER);
    float[] bias = GateBlocks.fromVector(parameters.next(layer.name(), gates), hidden, ORDER);
    Activation activation = layer.activation("activationFn");
    return new LstmCell(
        CellConfig.builder(inputs, hidden)
            .peepholes(peepholes)
            .activation(activation)
            .cellActivation(activation)
            .recurrentActivation(layer.activation("gateActivationFn"))
            .build(),
        new CellWeights(
            kernel, recurrent, bias, peepholes ? peepholes(stored, hidden) : null, null));
  }

  /** W [in, hidden], RW [hidden, hidden] and b [hidden], the first index running fastest. */
  static Cell readSimple(Dl4jLayer layer, Dl4jParameters parameters)
      throws IOException, ImportException {
    if (layer.flag("hasLayerNorm")) {
      throw layer.unsupported("hasLayerNorm is not supported");
    }
    int inputs = layer.size("nin");
    int hidden = layer.size("nout");
    float[] kernel = parameters.next(layer.name(), (long) inputs * hidden);
    float[] recurrent = parameters.next(layer.name(), (long) hidden * hidden);
    return new RnnCell(
        new RnnConfig(inputs, hidden, CellConfig.NO_CLIP, layer.activation("activationFn")),
        GateBlocks.transpose(kernel, hidden, inputs),
        GateBlocks.transpose(recurrent, hidden, hidden),
        parameters.next(layer.name(), hidden));
  }

  /** The last columns of RW: of the forget, the output and the input gate. */
  private static float[] peepholes(float[] stored, int hidden) {
    int from = 4 * hidden * hidden;
    float[] peepholes =
        Arrays.copyOf(Arrays.copyOfRange(stored, from + 2 * hidden, from + 3 * hidden), 3 * hidden);
    System.arraycopy(stored, from, peepholes, hidden, 2 * hidden);
    return peepholes;
  }
}

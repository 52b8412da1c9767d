package dev.keepgate.kernel.reference;

import dev.keepgate.model.Cell;
import dev.keepgate.model.GruCell;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.RnnCell;

/** The equations of each kind of cell. */
final class ReferenceCells implements Cell.Visitor<ReferenceCell> {

  @Override
  public ReferenceCell lstm(LstmCell cell) {
    return new ReferenceLstm(cell.config(), cell.weights());
  }

  @Override
  public ReferenceCell gru(GruCell cell) {
    return new ReferenceGru(cell);
  }

  @Override
  public ReferenceCell rnn(RnnCell cell) {
    return new ReferenceRnn(cell);
  }
}

package dev.keepgate.inference;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.model.CellConfig;
import dev.keepgate.model.LayerConfig;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a request may take is known before any of it is taken. */
class InputCheckTest {

  private static final int ROWS = 2_000_000;
  private static final int HIDDEN = 1_000_000;
  private static final long LIMIT = 512L << 20;
  private static final InferenceRequest.Fields FIELDS =
      new InferenceRequest.Fields("/x", "/state/h", "/state/c", "/lengths");

  private static InferenceRequest request(Tensor x, @Nullable Tensor lengths) {
    return new InferenceRequest(x, null, null, lengths, null, false, FIELDS);
  }

  /** The zero state alone would take petabytes. */
  @Test
  void manySmallRowsOfAWideModelAreRefusedBeforeTheirStateIsMade() {
    LstmConfig config =
        new LstmConfig(
            List.of(
                new LayerConfig.Embedding(2, 3, false),
                LayerConfig.Lstm.of(CellConfig.builder(3, HIDDEN).build())),
            true,
            LstmConfig.Summary.LAST_STEP);
    Tensor ids = new Tensor.Ints(new int[] {ROWS}, new int[ROWS]);
    assertThatExceptionOfType(InferenceException.TooLarge.class)
        .isThrownBy(
            () -> new InputCheck(config, Operation.STEP, request(ids, null), LIMIT).check());
  }

  @Test
  void manyEmptyRowsAreRefusedBeforeTheirStateIsMade() {
    LstmConfig config =
        new LstmConfig(
            List.of(LayerConfig.Lstm.of(CellConfig.builder(3, HIDDEN).build())),
            true,
            LstmConfig.Summary.LAST_STEP);
    Tensor empty = Tensor.Floats.of(new float[0], ROWS, 0);
    assertThatExceptionOfType(InferenceException.class)
        .isThrownBy(
            () -> new InputCheck(config, Operation.STEP, request(empty, null), LIMIT).check());
  }
}

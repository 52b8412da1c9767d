package dev.keepgate.importer;

import dev.keepgate.model.ExpectedAnswers;
import dev.keepgate.model.Labels;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.Vocabulary;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads what lies beside a model. Like an importer it runs no code from a file. */
@FunctionalInterface
public interface SideReader {

  /** Of a model that stands by itself. */
  SideReader NONE = (files, limits) -> new Side(null, null, null, null, null, null);

  /**
   * What was read; null for what is not there.
   *
   * @param scaler of a request's readings
   * @param targetScaler of the output
   * @param labels of classes
   * @param threshold the largest error that is usual
   * @param vocabulary of a text's ids
   * @param expected what the model is to answer
   */
  record Side(
      @Nullable Scaler scaler,
      @Nullable Scaler targetScaler,
      @Nullable Labels labels,
      @Nullable Double threshold,
      @Nullable Vocabulary vocabulary,
      @Nullable ExpectedAnswers expected) {}

  /**
   * Reads the files.
   *
   * @throws ImportException that names the part, what is not read, and what to send instead
   */
  Side read(SideFiles files, ImportLimits limits) throws IOException, ImportException;
}

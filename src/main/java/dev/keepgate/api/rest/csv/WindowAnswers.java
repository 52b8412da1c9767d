package dev.keepgate.api.rest.csv;

import java.io.IOException;
import java.util.List;

/** What windows are answered, a line each. */
interface WindowAnswers {

  /** Names of a line's cells. */
  List<String> names();

  /** Computes windows, which are the rows of one request. */
  Cells compute(ChunkRunner.Rows windows) throws IOException;

  /** Writes the cells of a window. */
  interface Cells {
    void write(AnswerWriter to, int window);
  }
}

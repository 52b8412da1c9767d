package dev.keepgate.importer;

import dev.keepgate.model.LstmModel;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Prints how long the model in the given files takes to read. With the JVM's {@code -Xmx} it tells
 * how little heap is enough: it ends with an OutOfMemoryError where it is not.
 */
final class ImportFigures {

  private ImportFigures() {}

  public static void main(String[] files) throws Exception {
    Importers importers = Importers.standard(ImportLimits.DEFAULT);
    ModelFiles model = new ModelFiles(Stream.of(files).map(Path::of).toList());
    for (int run = 0; run < 3; run++) {
      long start = System.nanoTime();
      LstmModel read = importers.read(model, null, ImportConfig.NONE).model();
      System.out.printf(
          "%s: %d MB of weights, heap %d MB, %d ms%n",
          read.framework(),
          (read.parameters() * Float.BYTES) >> 20,
          Runtime.getRuntime().maxMemory() >> 20,
          (System.nanoTime() - start) / 1_000_000);
    }
  }
}

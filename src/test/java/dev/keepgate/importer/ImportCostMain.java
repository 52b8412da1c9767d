package dev.keepgate.importer;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.activations.Activation;

/**
 * Prints what reading a file costs: its time, and all heap that was taken on the way, which its
 * peak cannot pass. Without arguments it writes a Deeplearning4j network of two layers of 1024
 * units and reads that.
 */
final class ImportCostMain {

  private static final int UNITS = 1024;

  private ImportCostMain() {}

  public static void main(String[] args) throws Exception {
    if (args.length > 0) {
      for (String file : args) {
        measure(Path.of(file));
      }
      return;
    }
    Path file = Files.createTempFile("network", ".zip");
    try {
      MultiLayerNetwork network =
          new MultiLayerNetwork(
              new NeuralNetConfiguration.Builder()
                  .list(
                      new LSTM.Builder().nIn(UNITS).nOut(UNITS).build(),
                      new LSTM.Builder().nIn(UNITS).nOut(UNITS).build(),
                      new RnnLossLayer.Builder().activation(Activation.SOFTMAX).build())
                  .build());
      network.init();
      ModelSerializer.writeModel(network, file.toFile(), false);
      measure(file);
    } finally {
      Files.delete(file);
    }
  }

  private static void measure(Path file) throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    Importers importers = Importers.standard(ImportLimits.DEFAULT);
    for (int round = 0; round < 2; round++) {
      long before = threads.getThreadAllocatedBytes(thread);
      long start = System.nanoTime();
      long weights =
          Float.BYTES
              * importers.read(ModelFiles.of(file), null, ImportConfig.NONE).model().parameters();
      double seconds = (System.nanoTime() - start) / 1e9;
      long allocated = threads.getThreadAllocatedBytes(thread) - before;
      System.out.printf(
          "%s: weights %.1f MB, read in %.2f s, allocated %.1f MB (%.2f times)%n",
          file.getFileName(),
          weights / 1e6,
          seconds,
          allocated / 1e6,
          (double) allocated / weights);
    }
  }
}

package dev.keepgate.bench;

import dev.keepgate.kernel.Backend;
import dev.keepgate.kernel.BlasOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Runs the benchmark that the first argument names; the second asks for a short one. */
final class Benchmarks {

  private static final Path FOLDER = Path.of("target", "bench");

  private Benchmarks() {}

  public static void main(String[] args) throws Exception {
    String name = args.length > 0 ? args[0] : "kernel";
    boolean isQuick = args.length > 1 && Boolean.parseBoolean(args[1]);
    switch (name) {
      case "kernel" -> kernel(isQuick);
      case "serving" -> serving(isQuick);
      case "protocols" -> ProtocolBenchmark.write(isQuick, FOLDER.resolve("protocols.json"));
      case "sequences" -> sequences(isQuick);
      case "load" -> load(isQuick);
      case "imports" -> new ImportBenchmark(FOLDER.resolve("models")).run();
      default ->
          throw new IllegalArgumentException(
              "no benchmark '" + name + "': kernel, serving, load, protocols, sequences or imports");
    }
  }

  private static void serving(boolean isQuick) throws Exception {
    ServingBenchmark benchmark = isQuick ? ServingBenchmark.quick() : ServingBenchmark.full();
    List<ServingBenchmark.Line> lines = benchmark.run();
    Files.createDirectories(FOLDER);
    ServingReport report = new ServingReport(lines);
    Files.writeString(FOLDER.resolve("serving.json"), report.json());
    Files.writeString(FOLDER.resolve("serving.svg"), report.svg());
  }

  private static void load(boolean isQuick) throws Exception {
    LoadBenchmark benchmark = isQuick ? LoadBenchmark.quick() : LoadBenchmark.full();
    List<LoadBenchmark.Line> lines = benchmark.run();
    Files.createDirectories(FOLDER);
    Files.writeString(FOLDER.resolve("load.json"), LoadBenchmark.json(lines));
  }

  private static void sequences(boolean isQuick) throws Exception {
    SequenceBenchmark benchmark = isQuick ? SequenceBenchmark.quick() : SequenceBenchmark.full();
    List<SequenceBenchmark.Line> lines = benchmark.run();
    Files.createDirectories(FOLDER);
    Files.writeString(FOLDER.resolve("sequences.json"), SequenceBenchmark.json(lines));
  }

  private static void kernel(boolean isQuick) throws IOException {
    System.out.println(Backend.load(BlasOptions.DEFAULT));
    MachineLimits limits = MachineLimits.measure();
    System.out.println(limits);
    KernelBenchmark benchmark = isQuick ? KernelBenchmark.quick() : KernelBenchmark.full();
    List<KernelBenchmark.Line> lines = benchmark.run();
    Files.createDirectories(FOLDER);
    KernelReport report = new KernelReport(limits, lines);
    Files.writeString(FOLDER.resolve("kernel.json"), report.json());
    Files.writeString(FOLDER.resolve("machine.json"), report.machineJson());
    Files.writeString(FOLDER.resolve("kernel.svg"), report.svg());
    System.out.print(report.summary());
  }
}

package dev.keepgate.bench;

import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Runs the benchmark that the first argument names; the second asks for a short one. */
final class Benchmarks {

  private static final ResultFolder RESULTS = new ResultFolder(Path.of("target", "bench"));

  private Benchmarks() {}

  public static void main(String[] args) throws Exception {
    String name = args.length > 0 ? args[0] : "kernel";
    boolean isQuick = args.length > 1 && Boolean.parseBoolean(args[1]);
    switch (name) {
      case "kernel" -> kernel(isQuick);
      case "allocation" -> RESULTS.json(name, new AllocationBenchmark(isQuick).run());
      case "stacks" ->
          RESULTS.json(name, (isQuick ? StackBenchmark.quick() : StackBenchmark.full()).run());
      case "serving" -> serving(isQuick);
      case "networks" -> networks();
      case "protocols" ->
          RESULTS.json(
              name, (isQuick ? ProtocolBenchmark.quick() : ProtocolBenchmark.full()).run());
      case "sequences" ->
          RESULTS.json(
              name, (isQuick ? SequenceBenchmark.quick() : SequenceBenchmark.full()).run());
      case "load" ->
          RESULTS.json(
              name, (isQuick ? LoadBenchmark.quick() : LoadBenchmark.full()).run());
      case "streams" ->
          RESULTS.json(name, (isQuick ? StreamBenchmark.quick() : StreamBenchmark.full()).run());
      case "imports" -> new ImportBenchmark(RESULTS.path().resolve("models")).run();
      default ->
          throw new IllegalArgumentException(
              "no benchmark '"
                  + name
                  + "': kernel, allocation, stacks, serving, networks, load, protocols, sequences, streams or imports");
    }
  }

  private static void serving(boolean isQuick) throws Exception {
    ServingBenchmark benchmark = isQuick ? ServingBenchmark.quick() : ServingBenchmark.full();
    List<ServingBenchmark.Line> lines = benchmark.run();
    RESULTS.json("serving", lines);
    ServingReport report = new ServingReport(ServerProcess.setting(), lines);
    RESULTS.table("serving", report.markdown());
    RESULTS.plot("serving", report.svg());
  }

  private static void networks() throws IOException {
    System.out.println(Backend.load(BlasOptions.DEFAULT));
    Path folder = Path.of(System.getProperty("bench.files", "target/networks"));
    RESULTS.json("networks", new NetworkBenchmark().run(folder));
  }

  private static void kernel(boolean isQuick) throws IOException {
    System.out.println(Backend.load(BlasOptions.DEFAULT));
    MachineLimits limits = MachineLimits.measure();
    System.out.println(limits);
    KernelBenchmark benchmark =
        isQuick ? KernelBenchmark.quick(limits) : KernelBenchmark.full(limits);
    KernelReport report = new KernelReport(limits, benchmark.run());
    RESULTS.json("kernel", report.lines());
    RESULTS.json("machine", report.machine());
    RESULTS.plot("kernel", report.svg());
    System.out.print(report.summary());
  }
}

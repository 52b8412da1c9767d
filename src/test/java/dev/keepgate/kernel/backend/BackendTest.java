package dev.keepgate.kernel.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.nd4j.nativeblas.NativeOpsHolder;

/** Each in a process of its own: a library is loaded, and reads its environment, once. */
class BackendTest {

  /** Loads the backend and tells, from another thread, what the libraries say of themselves. */
  static final class Probe {
    public static void main(String[] args) throws InterruptedException {
      BackendInfo info = Backend.load(new BlasOptions(args[0], Integer.parseInt(args[1])));
      Thread worker =
          new Thread(
              () -> {
                System.out.println("core=" + info.coreType());
                System.out.println("blas=" + info.blas());
                System.out.println("threads=" + info.blasThreads());
                for (OpenBlas copy : OpenBlas.loaded()) {
                  System.out.println("copy.threads=" + copy.openblas_get_num_threads());
                  System.out.println("copy.core=" + copy.openblas_get_corename());
                }
                System.out.println(
                    "openmp="
                        + NativeOpsHolder.getInstance().getDeviceNativeOps().ompGetMaxThreads());
              });
      worker.start();
      worker.join();
    }
  }

  @Test
  void avx512KernelsAreTakenWhereAndOnlyWhereTheProcessorHasThem() throws Exception {
    boolean hasAvx512 = "SkylakeX".equals(CoreType.choose("auto", null, CoreType.processorFlags()));
    List<String> lines = probe(Map.of(), "auto", "1");
    assertThat(lines).anyMatch(line -> line.startsWith("copy.core="));
    assertThat(lines)
        .filteredOn(line -> line.startsWith("copy.core=") || line.startsWith("core="))
        .allMatch(line -> line.endsWith("=SkylakeX") == hasAvx512);
  }

  @Test
  void noneKeepsTheEnvironmentsCoreType() throws Exception {
    // Kernels that every processor of the last fifteen years can run.
    assertThat(probe(Map.of("OPENBLAS_CORETYPE", "Nehalem"), "none", "1"))
        .contains("core=Nehalem", "copy.core=Nehalem");
  }

  @Test
  void everyLibraryTakesTheNumberOfThreadsOnEveryThread() throws Exception {
    for (String threads : List.of("1", "2")) {
      List<String> lines = probe(Map.of(), "none", threads);
      assertThat(lines)
          .contains("threads=" + threads, "copy.threads=" + threads, "openmp=" + threads)
          .anyMatch(line -> line.startsWith("blas=OpenBLAS 0.3."))
          .noneMatch(
              line -> line.startsWith("copy.threads=") && !line.equals("copy.threads=" + threads));
    }
  }

  @Test
  void aCoreTypeThatOpenBlasDoesNotKnowIsRefused() throws Exception {
    Run run = run(Map.of(), "Pentium9", "1");
    assertThat(run.exitValue()).isNotZero();
    assertThat(run.output()).contains("has no kernels for the core type Pentium9");
  }

  private record Run(int exitValue, String output) {}

  private static List<String> probe(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    Run run = run(environment, arguments);
    assertThat(run.exitValue()).as(run.output()).isZero();
    return run.output().lines().toList();
  }

  private static Run run(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Probe.class.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("OPENBLAS_CORETYPE");
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).as(output).isTrue();
    return new Run(process.exitValue(), output);
  }
}

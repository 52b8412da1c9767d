package dev.keepgate.kernel.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.kernel.backend.CudaReport.Device;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CudaReportTest {

  private static CudaReport report(int driver, @Nullable String missing, Device... devices) {
    return new CudaReport(null, driver, List.of(devices), missing);
  }

  @ParameterizedTest
  @CsvSource({
    "3,0,false", "3,5,false", "3,7,true", "5,0,true", "5,3,true", "6,0,true", "6,2,true",
    "7,0,true", "7,2,true", "7,5,true", "8,0,true", "8,6,true", "8,7,true", "8,9,true",
    "9,0,false", "10,0,false", "12,0,false"
  })
  void codeRunsOnLaterCardsOfOneMajorOnly(int major, int minor, boolean supported) {
    CudaReport report = report(12_040, null, new Device("GPU", major, minor));
    if (supported) {
      assertThat(report.problem()).isNull();
    } else {
      assertThat(report.problem()).contains("GPU").contains(major + "." + minor);
    }
  }

  @Test
  void eachProblemIsOneLineThatNamesItAndWhatHelps() {
    Device ampere = new Device("NVIDIA A100", 8, 0);
    Device hopper = new Device("NVIDIA H100", 9, 0);
    assertThat(report(12_040, null).problem()).contains("shows none");
    assertThat(report(10_020, null, ampere).problem()).contains("CUDA 10.2");
    assertThat(report(12_040, "libcublas.so.11", ampere).problem()).contains("libcublas.so.11");
    assertThat(report(12_040, null, ampere, hopper).problem())
        .contains("NVIDIA H100")
        .contains("9.0")
        .contains("CUDA_VISIBLE_DEVICES")
        .doesNotContain("\n");
    CudaReport without = new CudaReport("no libcuda", 0, List.of(), null);
    assertThat(without.problem()).contains("no libcuda").contains("--gpus all");
    for (CudaReport each :
        List.of(
            without,
            report(12_040, null),
            report(10_020, null, ampere),
            report(12_040, null, hopper),
            report(12_040, "libcublas.so.11", ampere))) {
      assertThat(each.problem()).contains("use the CPU build");
    }
  }

  @Test
  void aMachineWithoutADriverIsToldFromOne() {
    Assumptions.assumeFalse(
        Files.exists(Path.of("/proc/driver/nvidia/version")), "this machine has a driver");
    CudaReport report = new NvidiaDriver().report();
    assertThat(report.devices()).isEmpty();
    assertThat(report.problem()).contains("driver does not answer");
  }
}

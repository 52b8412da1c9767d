package dev.keepgate.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.kernel.cpu.CpuKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.registry.ImporterConfiguration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Uploads of the kinds that people send are served with their framework's numbers, or refused. */
class FieldCasesTest {

  private final Importers importers = ImporterConfiguration.importers(ImportLimits.DEFAULT);

  @BeforeAll
  static void load() {
    Backend.load(BlasOptions.DEFAULT);
  }

  static Stream<FieldCase> cases() {
    return FieldCase.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isServedExactlyOrRefused(FieldCase field) throws Exception {
    ImportedModel imported;
    try {
      imported = importers.read(new ModelFiles(field.files()), null, field.config());
    } catch (ImportException e) {
      assertThat(field.exact()).as("refused: %s", e.getMessage()).isFalse();
      assertThat(e.getMessage()).isNotBlank();
      return;
    }
    double[] expected = field.expected();
    if (expected == null) {
      assertThat(field.exact()).as("served").isTrue();
      return;
    }
    for (LstmKernel kernel : List.of(new ReferenceKernel(), new CpuKernel())) {
      NetworkOutput output = field.run(imported.network(), kernel);
      assertThat(output.output()).hasSize(expected.length);
      for (int i = 0; i < expected.length; i++) {
        assertThat((double) output.output()[i])
            .as("number %d of %s", i, kernel.getClass().getSimpleName())
            .isCloseTo(expected[i], within(field.tolerance()));
      }
    }
  }
}

package dev.keepgate.importer.framework.keras;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportException.Fault;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.Importers;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.registry.ImporterConfiguration;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keras' files that are not served say why not, and where. */
class KerasRefusalTest {

  private static final Path REFUSED = Path.of("src/test/resources/refused/keras");
  private static final Path GOLDEN = Path.of("src/test/resources/golden");

  private final Importers importers = ImporterConfiguration.importers(ImportLimits.DEFAULT);

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "keras3.weights.h5  | UNSUPPORTED | save the whole model",
        "keras2-weights.h5  | UNSUPPORTED | save the whole model",
        "latest.h5          | UNSUPPORTED | save the whole model",
        "lambda.keras       | UNSUPPORTED | layer 'lambda' (Lambda): is code, which is never run",
        "conv-lstm.keras    | UNSUPPORTED | layer 'conv_lstm1d' (ConvLSTM1D): is not computed",
        "cycle.h5           | MALFORMED   | more than 32 deep",
        "link.h5            | MALFORMED   | 'elsewhere' is a link",
      })
  void fileIsRefused(String file, Fault fault, String message) {
    ImportException refusal = refusal(REFUSED.resolve(file), ImportLimits.DEFAULT);
    assertThat(refusal).hasMessageContaining(message);
    assertThat(refusal.fault()).isEqualTo(fault);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"class_name\": \"LSTM\"   | \"class_name\": \"GRU\"   | expected shape [3, 12], got [3, 16]",
        "\"class_name\": \"LSTM\"   | \"class_name\": \"Odd\"   | (Odd): is not supported",
        "\"activation\": \"tanh\"   | \"activation\": \"glu\"   | activation: \"glu\"",
        "\"activation\": \"tanh\"   | \"activation\": \"softmax\" | softmax",
        "\"units\": 4               | \"units\": 5              | expected shape",
        "\"units\": 4               | \"units\": 2000000000     | do not fit",
        "\"units\": 4               | \"units\": \"four\"       | not a whole number",
        "\"merge_mode\": \"concat\" | \"merge_mode\": null      | dense takes 8 features, got [batch, 5, 4]",
        "\"registered_name\": null  | \"registered_name\": \"My>LSTM\" | author's own",
        "[null, 5, 3]               | [null, 5, 8]              | lstm takes 3 features, got [batch, 5, 8]",
        "\"layers\": [              | \"layers\": {             | config.json is not JSON",
      })
  void configurationIsRefused(String text, String replacement, String message) throws IOException {
    Path file = GOLDEN.resolve("keras-bidirectional-concat/model.keras");
    Path changed = rewrite(file, "config.json", text, replacement);
    assertThat(refusal(changed, ImportLimits.DEFAULT)).hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({
    "'\"unroll\": false, \"zero_output_for_mask\": false', layer 'lstm_6' (LSTM); unroll",
    "'\"zero_output_for_mask\": false, \"units\": 4', layer 'lstm_7' (LSTM); zero_output_for_mask",
  })
  void maskThatKerasTakesOtherwiseIsRefused(String text, String message) throws IOException {
    Path file = GOLDEN.resolve("keras-extra-masked-backwards/model.keras");
    Path changed = rewrite(file, "config.json", text, text.replace("false", "true"));
    assertThat(refusal(changed, ImportLimits.DEFAULT))
        .hasMessageContaining(message.replace(';', ','));
  }

  @Test
  void versionBeforeKeras2IsRefused() throws IOException {
    Path file = GOLDEN.resolve("keras-nobias/model.keras");
    Path changed =
        rewrite(file, "metadata.json", "\"keras_version\": \"3", "\"keras_version\": \"1");
    assertThat(refusal(changed, ImportLimits.DEFAULT)).hasMessageContaining("too old");
  }

  @Test
  void entriesThatClimbAreRefused() throws IOException {
    Path file = folder.resolve("climbing.keras");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (String name :
          new String[] {"config.json", "metadata.json", "model.weights.h5", "assets/../../x"}) {
        zip.putNextEntry(new ZipEntry(name));
        zip.write("{}".getBytes(StandardCharsets.UTF_8));
      }
    }
    assertThat(refusal(file, ImportLimits.DEFAULT)).hasMessageContaining("climbs out");
  }

  @Test
  void bombIsRefusedAtItsBound() throws IOException {
    Path file = folder.resolve("bomb.keras");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("metadata.json"));
      zip.write("{}".getBytes(StandardCharsets.UTF_8));
      zip.putNextEntry(new ZipEntry("config.json"));
      zip.write("{}".getBytes(StandardCharsets.UTF_8));
      zip.putNextEntry(new ZipEntry("model.weights.h5"));
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 64; i++) {
        zip.write(zeros);
      }
    }
    assertThat(Files.size(file)).isLessThan(1 << 20);
    ImportException refusal = refusal(file, new ImportLimits(8 << 20, 1 << 20, 100));
    assertThat(refusal.fault()).isEqualTo(Fault.TOO_LARGE);
  }

  @Test
  void numbersBeyondTheLimitAreRefused() {
    ImportException refusal =
        refusal(GOLDEN.resolve("keras-lstm-last/model.h5"), new ImportLimits(100, 1 << 20, 100));
    assertThat(refusal.fault()).isEqualTo(Fault.TOO_LARGE);
  }

  @Test
  void structureBeyondTheLimitIsRefused() {
    ImportException refusal =
        refusal(GOLDEN.resolve("keras-lstm-last/model.h5"), new ImportLimits(1 << 20, 2000, 100));
    assertThat(refusal.fault()).isEqualTo(Fault.TOO_LARGE);
  }

  @Test
  void configurationThatTheFileSaysItselfIsRefused() throws ImportException {
    ImportConfig config =
        ImportConfig.parse("{\"gate_order\": \"ifog\"}".getBytes(StandardCharsets.UTF_8));
    Path file = GOLDEN.resolve("keras-nobias/model.h5");
    ImportException refusal =
        catchThrowableOfType(
            ImportException.class, () -> importers.read(ModelFiles.of(file), null, config));
    assertThat(refusal.fault()).isEqualTo(Fault.CONFIG);
    assertThat(refusal.problems().get(0).where()).isEqualTo("/config/gate_order");
  }

  private ImportException refusal(Path file, ImportLimits limits) {
    ImportException refusal =
        catchThrowableOfType(
            ImportException.class,
            () -> importers.read(ModelFiles.of(file), null, ImportConfig.NONE, limits));
    assertThat(refusal).isNotNull();
    return refusal;
  }

  /** A copy of an archive in which one entry has another text. */
  private Path rewrite(Path file, String entry, String text, String replacement)
      throws IOException {
    Path copy = folder.resolve("changed.keras");
    try (ZipFile zip = new ZipFile(file.toFile());
        ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(copy))) {
      for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
        ZipEntry next = all.nextElement();
        byte[] bytes = zip.getInputStream(next).readAllBytes();
        if (next.getName().equals(entry)) {
          String before = new String(bytes, StandardCharsets.UTF_8);
          assertThat(before).contains(text);
          bytes = before.replace(text, replacement).getBytes(StandardCharsets.UTF_8);
        }
        out.putNextEntry(new ZipEntry(next.getName()));
        out.write(bytes);
      }
    }
    return copy;
  }
}

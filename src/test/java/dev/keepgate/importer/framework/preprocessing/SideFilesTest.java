package dev.keepgate.importer.framework.preprocessing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.model.Labels;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.Vocabulary;
import dev.keepgate.model.Vocabulary.UnknownTokenException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Labels, vocabularies, thresholds and scalers in all the forms that people keep them in. */
class SideFilesTest {

  private static final Path FOLDER = Path.of("src/test/resources/preprocessing");

  private static Stream<Path> files(String folder) throws IOException {
    try (Stream<Path> files = Files.list(FOLDER.resolve(folder))) {
      return files.sorted().toList().stream();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Stream<Path> labels() throws IOException {
    return files("labels");
  }

  @ParameterizedTest
  @MethodSource("labels")
  void labelsAreTheEncodersClassesInOrder(Path file) throws Exception {
    Labels labels = LabelsFile.read(Files.readAllBytes(file), ImportLimits.DEFAULT);
    String name = String.valueOf(file.getFileName());
    assertThat(labels.names())
        .isEqualTo(
            name.startsWith("encoder-numbers")
                ? List.of("10", "20", "30")
                : name.matches("(encoder|binarizer|onehot).*")
                    ? List.of("läuft", "sitting", "standing", "walking")
                    : List.of("walking", "sitting", "standing", "läuft"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[\"no\", \"yes\"]",
        "{\"0\": \"no\", \"1\": \"yes\"}",
        "{\"1\": \"yes\", \"0\": \"no\"}",
        "{\"yes\": 1, \"no\": 0}",
        "{\"labels\": [\"no\", \"yes\"]}",
        "{\"id2label\": {\"0\": \"no\", \"1\": \"yes\"}}",
        "no\nyes\n",
        "no\r\nyes",
        "\ufeffno\nyes",
      })
  void labelsAreRead(String text) throws Exception {
    assertThat(LabelsFile.read(bytes(text), ImportLimits.DEFAULT).names())
        .containsExactly("no", "yes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[\"a\", \"a\"] | twice",
        "[] | no labels",
        "{\"0\": \"a\", \"2\": \"b\"} | numbered from 0 to 1",
        "{\"a\": 0, \"b\": 0} | numbered from 0 to 1",
        "{\"a\": -1, \"b\": 0} | numbered from 0 to 1",
        "{\"a\": 9223372036854775807, \"b\": 0} | numbered from 0 to 1",
        "[[1], 2] | neither a name nor a number",
        "[\"a\" | is not JSON",
      })
  void labelsThatAreNoneAreRefused(String text, String why) {
    assertThat(refusal(() -> LabelsFile.read(bytes(text), ImportLimits.DEFAULT)))
        .hasMessageContaining(why);
  }

  private static Stream<Path> thresholds() throws IOException {
    return files("threshold");
  }

  @ParameterizedTest
  @MethodSource("thresholds")
  void thresholdIsExact(Path file) throws Exception {
    assertThat(ThresholdFile.read(Files.readAllBytes(file), ImportLimits.DEFAULT))
        .isEqualTo(0.12345678901234567);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "nan", "-1", "0.1 0.2", "[0.1, 0.2]", "{\"limit\": 1}", "1f", "1e999", "true"})
  void thresholdThatIsNoNumberIsRefused(String text) {
    assertThat(refusal(() -> ThresholdFile.read(bytes(text), ImportLimits.DEFAULT)))
        .hasMessageContaining("threshold");
  }

  private static Stream<JsonNode> tokenizers() throws IOException {
    return new JsonMapper()
        .readTree(Files.readString(FOLDER.resolve("vocabulary/cases.json")))
        .valueStream();
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void tokenizerGivesTheIdsThatKerasDoes(JsonNode golden) throws Exception {
    Path file = FOLDER.resolve("vocabulary").resolve(golden.get("file").stringValue());
    Vocabulary vocabulary = VocabularyFile.read(Files.readAllBytes(file), ImportLimits.DEFAULT);
    for (int i = 0; i < golden.get("texts").size(); i++) {
      int[] ids = golden.get("ids").get(i).valueStream().mapToInt(JsonNode::intValue).toArray();
      assertThat(vocabulary.encode(golden.get("texts").get(i).stringValue())).isEqualTo(ids);
    }
    assertThat(vocabulary.special().padding()).isEqualTo(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[\"a\", \"b\", \" \"]",
        "{\"a\": 0, \"b\": 1, \" \": 2}",
        "{\"0\": \"a\", \"1\": \"b\", \"2\": \" \"}",
        "a\nb\n \n",
      })
  void listOfCharactersSplitsByCharacter(String text) throws Exception {
    Vocabulary vocabulary = VocabularyFile.read(bytes(text), ImportLimits.DEFAULT);
    assertThat(vocabulary.encode("ab a")).containsExactly(0, 1, 2, 0);
    assertThat(vocabulary.decode(1, 2, 0)).isEqualTo("b a");
    assertThat(vocabulary.idBound()).isEqualTo(3);
    assertThat(catchThrowableOfType(UnknownTokenException.class, () -> vocabulary.encode("c")))
        .hasMessageContaining("'c'");
  }

  @Test
  void wordsHaveTheUnknownAndThePaddingOfTheirFile() throws Exception {
    Vocabulary vocabulary =
        VocabularyFile.read(bytes("[PAD]\n[UNK]\ngate\nopens\n"), ImportLimits.DEFAULT);
    assertThat(vocabulary.encode("gate\n opens wide")).containsExactly(2, 3, 1);
    assertThat(vocabulary.decode(2, 3, 0, 0)).isEqualTo("gate opens");
    assertThat(vocabulary.id("opens")).isEqualTo(OptionalInt.of(3));
    assertThat(vocabulary.special().padding()).isEqualTo(0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[\"play\", \"##ing\"] | pieces of words",
        "[\"the\", \" \"] | how text is split",
        "{\"a\": 0, \"b\": 0} | both have the id 0",
        "{\"a\": -1} | from 0 on",
        "{\"a\": 0.5} | from 0 on",
        "[] | empty",
        "{\"class_name\": \"Tokenizer\", \"config\": {}} | not fitted",
      })
  void vocabularyThatIsAmbiguousIsRefused(String text, String why) {
    assertThat(refusal(() -> VocabularyFile.read(bytes(text), ImportLimits.DEFAULT)))
        .hasMessageContaining(why);
  }

  @Test
  void setHasNoOrder() {
    // pickle.dumps({"a", "b"}, 4)
    byte[] set =
        "\u0080\u0004\u008f(\u008c\u0001a\u008c\u0001b\u0090."
            .getBytes(StandardCharsets.ISO_8859_1);
    assertThat(refusal(() -> LabelsFile.read(set, ImportLimits.DEFAULT)))
        .hasMessageContaining("no order");
    assertThat(refusal(() -> VocabularyFile.read(set, ImportLimits.DEFAULT)))
        .hasMessageContaining("no order");
  }

  @Test
  void meanAndScaleAreUsedAsStandardScalerDoes() throws Exception {
    for (String json :
        List.of(
            "{\"mean\": [1000000, 2], \"scale\": [3, 0.5], \"features\": [\"a\", \"b\"]}",
            "{\"mean\": {\"a\": 1000000, \"b\": 2}, \"std\": {\"a\": 3, \"b\": 0.5}}")) {
      Scaler scaler = ScalerFile.read(bytes(json), ImportLimits.DEFAULT).scaler();
      assertThat(scaler.names()).containsExactly("a", "b");
      assertThat(scaler.scale(new double[] {1000001, 3, 1000002, 1}))
          .containsExactly((float) (1 / 3.0), 2, (float) (2 / 3.0), -2);
      assertThat(scaler.invert(new float[] {1, 2})).containsExactly(1000003, 3);
      Scaler target = scaler.ofSources(1);
      assertThat(target.names()).containsExactly("b");
      assertThat(target.invert(new float[] {2})).containsExactly(3);
    }
  }

  @Test
  void minAndMaxAreUsedAsMinMaxScalerDoes() throws Exception {
    Scaler scaler =
        ScalerFile.read(
                bytes("{\"min\": [10, 5], \"max\": [20, 5], \"range\": [-1, 1], \"clip\": true}"),
                ImportLimits.DEFAULT)
            .scaler();
    assertThat(scaler.scale(new double[] {15, 5, 40, 5})).containsExactly(0, -1, 1, -1);
    assertThat(scaler.invert(new float[] {0.5f, -1})).containsExactly(17.5, 5);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"mean\": [1], \"scale\": [0]} | scale of 0 for column 0",
        "{\"mean\": [1], \"scale\": [1, 2]} | 2 numbers in 'scale', not 1",
        "{\"mean\": [1], \"scale\": [1], \"std\": [1]} | give one",
        "{\"mean\": [1]} | no list of numbers 'scale'",
        "{\"mean\": [NaN], \"scale\": [1]} | no finite number 'mean'",
        "{\"min\": [1], \"max\": [0]} | max below min",
        "{\"min\": [0], \"max\": [1], \"range\": [1, 1]} | range",
        "{\"min\": [0], \"scale\": [1]} | the field 'scale'",
        "{\"mean\": [], \"scale\": []} | no columns",
        "{\"mean\": [1], \"scale\": [1], \"features\": [\"a\", \"b\"]} | 2 names",
        "{} | no list of numbers 'min'",
        "[1, 2] | holds no scaler",
        "hello | holds no scaler",
      })
  void scalerInJsonIsWholeOrRefused(String json, String why) {
    assertThat(refusal(() -> ScalerFile.read(bytes(json), ImportLimits.DEFAULT)))
        .hasMessageContaining(why);
  }

  private interface Reading {
    Object read() throws ImportException;
  }

  private static ImportException refusal(Reading reading) {
    ImportException e = catchThrowableOfType(ImportException.class, reading::read);
    assertThat(e).isNotNull();
    return e;
  }
}

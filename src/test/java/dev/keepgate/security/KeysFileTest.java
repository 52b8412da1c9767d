package dev.keepgate.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeysFileTest {

  private static final String HASH = ApiKey.mint().sha256();

  @TempDir Path folder = Path.of("");

  private Keys parse(String content) {
    return new KeysFile(folder.resolve("keys.yml"), 10_000)
        .parse(content.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void readsAllFields() {
    ApiKey key = ApiKey.mint();
    Caller caller =
        parse(
                "keys:\n- {name: a.b, sha256: \"%s\", roles: [infer, observe], requests-per-second: 7, open-sequences: 9}"
                    .formatted(key.sha256().toUpperCase(Locale.ROOT)))
            .find(key.text());
    assertThat(Objects.requireNonNull(caller).name()).isEqualTo("a.b");
    assertThat(caller.roles()).containsExactlyInAnyOrder(Role.INFER, Role.OBSERVE);
    assertThat(caller.limits()).isEqualTo(new Caller.Limits(7, 9));
    assertThat(parse("keys: []").size()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "keys: [              | is not YAML",
        "a: 1                 | list 'keys'",
        "keys: 1              | list 'keys'",
        "keys: []\\nmore: 1   | list 'keys'",
        "keys: [1]            | keys[0] is no entry",
        "keys: [{}]           | keys[0].name",
        "keys: [{name: a b, sha256: H, roles: [infer]}] | keys[0].name",
        "keys: [{name: 12, sha256: H, roles: [infer]}]  | in quotes",
        "keys: [{name: a, sha256: abc, roles: [infer]}] | keys[0].sha256",
        "keys: [{name: a, sha256: H}]                   | keys[0].roles",
        "keys: [{name: a, sha256: H, roles: []}]        | keys[0].roles",
        "keys: [{name: a, sha256: H, roles: [root]}]    | infer, manage, observe",
        "keys: [{name: a, sha256: H, roles: [infer], request-per-second: 1}] | unknown; known are",
        "keys: [{name: a, sha256: H, roles: [infer], requests-per-second: 0}] | at least 1",
        "keys: [{name: a, sha256: H, roles: [infer], open-sequences: 1.5}] | open-sequences",
        "keys: [{name: a, sha256: H, roles: [infer], open-sequences: }] | open-sequences",
        "keys: [{name: a, name: b, sha256: H, roles: [infer]}] | is not YAML",
        "keys: [{name: a, sha256: H, roles: [infer]},{name: b, sha256: H, roles: [infer]}] | keys[1].sha256",
        "keys: [!!java.io.File {name: a}] | is not YAML"
      })
  void refusesWhatItDoesNotUnderstand(String content, String fault) {
    String yaml = content.replace(" H,", " \"" + HASH + "\",").replace(" H}", " \"" + HASH + "\"}");
    assertThatThrownBy(() -> parse(yaml.replace("\\n", "\n")))
        .isInstanceOf(KeysFileException.class)
        .hasMessageContaining(fault)
        .hasMessageNotContaining(HASH);
  }

  /** YAML takes these for numbers and truths where they are not in quotes. */
  @ParameterizedTest
  @ValueSource(strings = {"12", "1e3", "true", "no", "null", "0x1F", "1_000", "a-1"})
  void entryOfAnyNameIsReadAsItWasMade(String name) {
    ApiKey key = ApiKey.mint();
    String entry = KeysFile.entry(name, key, List.of(Role.INFER));
    Keys keys = parse("keys:\n" + entry);
    assertThat(keys.names()).containsExactly(name);
    assertThat(keys.find(key.text())).isNotNull();
  }

  @Test
  void entryIsNoPartOfItself() {
    String content =
        "keys:\n  - &a\n    name: new\n    sha256: '%s'\n    roles: [*a]\n"
            .formatted("0".repeat(64));
    assertThatThrownBy(() -> parse(content)).isInstanceOf(KeysFileException.class);
  }

  @Test
  void refusesMoreBytesThanItMayHave() throws Exception {
    Path file = Files.writeString(folder.resolve("keys.yml"), "keys: []  ");
    assertThat(new KeysFile(file, 10).read()).hasSize(10);
    assertThatThrownBy(() -> new KeysFile(file, 9).read())
        .hasMessageContaining("more than 9 bytes");
  }

  @Test
  void commandMakesAKeyThatItsEntryKnows() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String[] arguments = {"--name", "forecaster", "--roles", "infer,observe"};
    assertThat(CreateKey.run(arguments, new PrintStream(out), System.err)).isZero();
    String printed = out.toString(StandardCharsets.UTF_8);
    String key = printed.lines().filter(line -> line.contains("kg_")).findFirst().orElseThrow();
    assertThat(key.strip()).matches("kg_[A-Za-z0-9_-]{43}");
    String entry = printed.substring(printed.indexOf("  - name"));
    Caller caller = Objects.requireNonNull(parse("keys:\n" + entry).find(key.strip()));
    assertThat(caller.name()).isEqualTo("forecaster");
    assertThat(caller.roles()).containsExactlyInAnyOrder(Role.INFER, Role.OBSERVE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--name a",
        "--roles infer",
        "--name a b --roles infer",
        "--name a --roles root",
        "--name a --roles",
        "--name a --roles infer --more"
      })
  void commandSaysHowItIsUsed(String line) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    String[] arguments = line.split(" ");
    assertThat(CreateKey.run(arguments, System.out, new PrintStream(err))).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("--name <name> --roles <infer,");
  }

  @Test
  void firstKeyIsMadeOnceAndItsOwnersAlone() throws Exception {
    Path file = folder.resolve("new/keys.yml");
    IntStream.range(0, 8).parallel().forEach(i -> FirstKey.createIfMissing(file));
    Path text = folder.resolve("new/first-key");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(text)))
        .isEqualTo("rw-------");
    String key = Files.readString(text).strip();
    KeysFile keys = new KeysFile(file, 10_000);
    Caller caller = Objects.requireNonNull(keys.parse(keys.read()).find(key));
    assertThat(caller.name()).isEqualTo("first");
    assertThat(caller.roles()).containsExactlyInAnyOrder(Role.values());
    assertThat(Files.readString(file)).doesNotContain(key);
    // A server that ended in between goes on with the key that somebody may have read.
    Files.delete(file);
    FirstKey.createIfMissing(file);
    assertThat(keys.parse(keys.read()).find(key)).isEqualTo(caller);
    try (var left = Files.list(folder.resolve("new"))) {
      assertThat(left.map(path -> String.valueOf(path.getFileName())))
          .containsExactlyInAnyOrder("keys.yml", "first-key");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "kg_", "some text"})
  void firstKeyThatIsNoneIsSaid(String content) throws Exception {
    Path text = Files.writeString(folder.resolve("first-key"), content);
    Path file = folder.resolve("keys.yml");
    assertThatThrownBy(() -> FirstKey.createIfMissing(file))
        .isInstanceOfSatisfying(
            KeysFileException.class, e -> assertThat(e.remedy()).startsWith("Delete it"))
        .hasMessageContaining("first-key");
    try (var left = Files.list(folder)) {
      assertThat(left).containsExactly(text);
    }
    Files.delete(text);
    FirstKey.createIfMissing(file);
    KeysFile keys = new KeysFile(file, 10_000);
    assertThat(keys.parse(keys.read()).find(Files.readString(text).strip())).isNotNull();
  }

  @Test
  void textOfAKeyIsNotInItsString() {
    ApiKey key = ApiKey.mint();
    assertThat(List.of(key).toString()).doesNotContain(key.text());
  }
}

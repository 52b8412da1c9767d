package dev.keepgate.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.GoldenCase;
import dev.keepgate.model.Network;
import dev.keepgate.registry.ImporterConfiguration;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Uploads of several files: all of them are read, or describe, or are refused by name. */
class FilePartsTest {

  private static final String FIRST = "model-00001-of-00002.safetensors";
  private static final String SECOND = "model-00002-of-00002.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private final Importers importers = ImporterConfiguration.importers(ImportLimits.DEFAULT);
  private final ShardedModel model = new ShardedModel(17);

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shardsAreOneModel(boolean withIndex) throws Exception {
    Map<String, byte[]> files = model.shards(FIRST, SECOND);
    if (withIndex) {
      files.put(INDEX, model.index(FIRST, SECOND));
    }
    assertThat(model.output(read(files))).isEqualTo(model.output());
    assertThat(model.output(read(reversed(files)))).isEqualTo(model.output());
  }

  @Test
  void shardsWhoseNamesAreLostAreTheirIndexs() throws Exception {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("model", model.index(FIRST, SECOND));
    List<byte[]> shards = List.copyOf(model.shards(FIRST, SECOND).values());
    files.put("_2-model", shards.get(1));
    files.put("_3-model", shards.get(0));
    assertThat(model.output(read(files))).isEqualTo(model.output());
  }

  @Test
  void shardsOfAFolderInAnArchiveAreOneModel() throws Exception {
    Map<String, byte[]> files = model.shards(FIRST, SECOND);
    files.put(INDEX, model.index(FIRST, SECOND));
    files.put("README.md", "# a model".getBytes(StandardCharsets.UTF_8));
    files.put("._" + FIRST, new byte[10]);
    for (Path archive : List.of(zip(files), tar(files))) {
      ImportedModel read = importers.read(ModelFiles.of(archive), null, ImportConfig.NONE);
      assertThat(model.output(read.network())).isEqualTo(model.output());
      assertThat(read.assumed()).anyMatch(line -> line.contains("README.md"));
    }
  }

  @ParameterizedTest
  @CsvSource({FIRST + ", " + SECOND, SECOND + ", " + FIRST})
  void shardThatIsMissingIsNamed(String there, String missing) throws Exception {
    Map<String, byte[]> files = model.shards(FIRST, SECOND);
    files.remove(missing);
    assertThat(refusal(files)).hasMessageStartingWith(missing + ": is missing");
    files.put(INDEX, model.index(FIRST, SECOND));
    assertThat(refusal(files)).hasMessageStartingWith(missing + ": is missing");
    files.put("other.safetensors", Objects.requireNonNull(files.remove(there)));
    assertThat(refusal(files)).hasMessageContaining(missing + ": is missing");
  }

  @Test
  void indexAndShardsMustAgree() throws Exception {
    Map<String, byte[]> files = model.shards(FIRST, SECOND);
    files.put(INDEX, model.index(SECOND, FIRST));
    assertThat(refusal(files)).hasMessageContaining("has no tensor");
    String shorter =
        new String(model.index(FIRST, SECOND), StandardCharsets.UTF_8)
            .replaceFirst("\"fc.bias\": \"[^\"]*\", ", "");
    files.put(INDEX, shorter.getBytes(StandardCharsets.UTF_8));
    assertThat(refusal(files)).hasMessageContaining("fc.bias").hasMessageContaining("not list");
    files.put(INDEX, "{\"weight_map\": {\"a\": 1}}".getBytes(StandardCharsets.UTF_8));
    assertThat(refusal(files)).hasMessageContaining(INDEX);
  }

  @Test
  void tensorInTwoShardsIsRefused() throws Exception {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put(FIRST, model.whole());
    files.put(SECOND, model.whole());
    assertThat(refusal(files))
        .hasMessageContaining("is in two files")
        .hasMessageContaining(FIRST)
        .hasMessageContaining(SECOND);
  }

  @Test
  void damagedShardIsNamed() throws Exception {
    Map<String, byte[]> files = model.shards(FIRST, SECOND);
    byte[] damaged = Objects.requireNonNull(files.get(SECOND));
    files.put(SECOND, Arrays.copyOf(damaged, damaged.length - 4));
    assertThat(refusal(files)).hasMessageContaining(SECOND);
  }

  @ParameterizedTest
  @ValueSource(strings = {"weights.pkl", "notes.bin", "model.pt2", "data.csv", "index.json"})
  void fileThatIsNotReadIsNamed(String name) throws Exception {
    byte[] content =
        name.endsWith(".pkl")
            ? new byte[] {(byte) 0x80, 4, 'K', 1, '.'}
            : "a,b\n1,2\n".getBytes(StandardCharsets.UTF_8);
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("model.safetensors", model.whole());
    files.put(name, content);
    for (Map<String, byte[]> each : List.of(files, reversed(files))) {
      ImportException e = refusal(each);
      assertThat(e).hasMessageContaining(name).hasMessageContaining("model.safetensors");
      assertThat(e.problems()).extracting(ImportException.Problem::where).contains(name);
    }
  }

  @Test
  void secondModelIsNamed() throws Exception {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("a.safetensors", model.whole());
    files.put("b.safetensors", new ShardedModel(18).whole());
    assertThat(refusal(files))
        .hasMessageContaining("a.safetensors, b.safetensors")
        .hasMessageContaining("index");
  }

  @Test
  void textsBesideAModelAreSaid() throws Exception {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("config.json", "{\"hidden_size\": 4}".getBytes(StandardCharsets.UTF_8));
    files.put("model.safetensors", model.whole());
    files.put("LICENSE", "free".getBytes(StandardCharsets.UTF_8));
    files.put("tokenizer.json", "{}".getBytes(StandardCharsets.UTF_8));
    ImportedModel read = importers.read(written(files), null, ImportConfig.NONE);
    assertThat(model.output(read.network())).isEqualTo(model.output());
    assertThat(read.assumed())
        .contains(
            "not read, as having no part in the numbers: config.json, LICENSE, tokenizer.json");
  }

  @Test
  void configurationThatIsAFileIsSentElsewhere() throws Exception {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("config.json", "{\"forget_bias\": 1.0}".getBytes(StandardCharsets.UTF_8));
    files.put("model.safetensors", model.whole());
    assertThat(refusal(files))
        .hasMessageContaining("config.json: says 'forget_bias'")
        .hasMessageContaining("-F config=<config.json");
  }

  @Test
  void otherFilesOfACheckpointAreNamed() throws Exception {
    GoldenCase golden = GoldenCase.read("tf1-basic-lstm-cell");
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("model.ckpt.index", Files.readAllBytes(golden.file(".index")));
    files.put("model.ckpt.data-00000-of-00001", Files.readAllBytes(golden.file("00001")));
    files.put("checkpoint", "model_checkpoint_path: 'model.ckpt'".getBytes(StandardCharsets.UTF_8));
    files.put("README.md", "# a model".getBytes(StandardCharsets.UTF_8));
    ImportConfig config =
        ImportConfig.parse(golden.config().toString().getBytes(StandardCharsets.UTF_8));
    ModelFiles good = written(files);
    ModelFiles zipped = ModelFiles.of(zip(files));
    assertThat(importers.read(good, null, config).network().parameters())
        .isEqualTo(importers.read(zipped, null, config).network().parameters());
    files.put("moments.npy", new byte[] {1, 2});
    for (ModelFiles each : List.of(written(files), ModelFiles.of(zip(files)))) {
      assertThatExceptionOfType(ImportException.class)
          .isThrownBy(() -> importers.read(each, null, config))
          .withMessageContaining("moments.npy");
    }
    files.remove("moments.npy");
    files.remove("model.ckpt.index");
    assertThat(refusal(files)).hasMessageContaining("model.ckpt.index");
  }

  @RepeatedTest(4)
  void changedPartsAreRefusedOrTheSame() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int served = 0;
    for (int i = 0; i < 100; i++) {
      List<String> names = new ArrayList<>();
      int count = 2 + random.nextInt(3);
      for (int k = 1; k <= count; k++) {
        names.add("model-%05d-of-%05d.safetensors".formatted(k, count));
      }
      Map<String, byte[]> files = model.shards(names, random);
      if (random.nextBoolean()) {
        files.put(INDEX, model.lastIndex());
      }
      String change = change(files, random);
      try {
        float[] output = model.output(read(shuffled(files, random)));
        assertThat(output).as("seed %d: %s", seed, change).isEqualTo(model.output());
        served++;
      } catch (ImportException e) {
        assertThat(e.getMessage()).as("seed %d: %s", seed, change).isNotBlank();
        assertThat(change).as("seed %d: %s", seed, e.getMessage()).isNotEqualTo("nothing");
      }
    }
    assertThat(served).as("seed %d", seed).isPositive();
  }

  private static String change(Map<String, byte[]> files, Random random) {
    List<String> names = List.copyOf(files.keySet());
    String name = names.get(random.nextInt(names.size()));
    byte[] content = Objects.requireNonNull(files.get(name));
    switch (random.nextInt(6)) {
      case 0 -> {
        files.remove(name);
        return "without " + name;
      }
      case 1 -> {
        files.remove(name);
        files.put("renamed-" + random.nextInt(9), content);
        return name + " renamed";
      }
      case 2 -> {
        files.put("again-" + name, content);
        return name + " twice";
      }
      case 3 -> {
        files.put("other.bin", "something".getBytes(StandardCharsets.UTF_8));
        return "one more";
      }
      case 4 -> {
        String other = names.get(random.nextInt(names.size()));
        files.put(name, Objects.requireNonNull(files.get(other)));
        files.put(other, content);
        return name + " and " + other + " exchanged";
      }
      default -> {
        return "nothing";
      }
    }
  }

  private static Map<String, byte[]> shuffled(Map<String, byte[]> files, Random random) {
    List<String> names = new ArrayList<>(files.keySet());
    Collections.shuffle(names, random);
    Map<String, byte[]> shuffled = new LinkedHashMap<>();
    names.forEach(name -> shuffled.put(name, Objects.requireNonNull(files.get(name))));
    return shuffled;
  }

  private static Map<String, byte[]> reversed(Map<String, byte[]> files) {
    List<String> names = new ArrayList<>(files.keySet());
    Collections.reverse(names);
    Map<String, byte[]> reversed = new LinkedHashMap<>();
    names.forEach(name -> reversed.put(name, Objects.requireNonNull(files.get(name))));
    return reversed;
  }

  private Network read(Map<String, byte[]> files) throws Exception {
    return importers.read(written(files), null, ImportConfig.NONE).network();
  }

  private ImportException refusal(Map<String, byte[]> files) throws IOException {
    ModelFiles written = written(files);
    return assertThatExceptionOfType(ImportException.class)
        .isThrownBy(() -> importers.read(written, null, ImportConfig.NONE))
        .actual();
  }

  private ModelFiles written(Map<String, byte[]> files) throws IOException {
    Path own = Files.createTempDirectory(folder, "parts");
    List<Path> paths = new ArrayList<>();
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      paths.add(Files.write(own.resolve(file.getKey()), file.getValue()));
    }
    return new ModelFiles(paths);
  }

  private Path zip(Map<String, byte[]> files) throws IOException {
    Path file = folder.resolve("model.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> each : files.entrySet()) {
        zip.putNextEntry(new ZipEntry("folder/" + each.getKey()));
        zip.write(each.getValue());
      }
    }
    return file;
  }

  private Path tar(Map<String, byte[]> files) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> each : files.entrySet()) {
        TarArchiveEntry entry = new TarArchiveEntry("folder/" + each.getKey());
        entry.setSize(each.getValue().length);
        tar.putArchiveEntry(entry);
        tar.write(each.getValue());
        tar.closeArchiveEntry();
      }
    }
    return Files.write(folder.resolve("model.tar"), bytes.toByteArray());
  }
}

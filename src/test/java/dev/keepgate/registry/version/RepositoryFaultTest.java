package dev.keepgate.registry.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.keepgate.ModelBytes;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.ModelStatus;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.StorageFault;
import dev.keepgate.registry.Upload;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.util.FileSystemUtils;

/** Changes of a repository that cannot be made, need not be made, or would be made elsewhere. */
class RepositoryFaultTest {

  private static final byte[] FILE = ModelBytes.pytorch(3, 4, 1);
  private static final byte[] OTHER = ModelBytes.pytorch(3, 5, 1);

  @TempDir Path folder;
  private final CountingKernel kernel = new CountingKernel();

  private Path root() {
    return folder.resolve("models");
  }

  private OpenRegistry start() throws IOException {
    return OpenRegistry.start(root(), kernel);
  }

  private static ModelRegistry.Stored put(
      OpenRegistry registry, long version, byte[] file, byte[] config) throws IOException {
    try (Upload upload = registry.models.newUpload()) {
      try (OutputStream out = upload.newFile("model.safetensors")) {
        out.write(file);
      }
      upload.config(config);
      return registry.models.put("a", OptionalLong.of(version), upload);
    }
  }

  @Test
  void putThatIsTriedAgainIsHarmless() throws Exception {
    byte[] config = "{\"forget_bias\": 0.5}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    byte[] empty = {'{', '}'};
    try (OpenRegistry registry = start()) {
      ModelRegistry.Stored first = put(registry, 1, FILE, config);
      assertThat(first.created()).isTrue();
      ModelRegistry.Stored again = put(registry, 1, FILE, config);
      assertThat(again.created()).isFalse();
      assertThat(again.info()).isEqualTo(first.info());
      assertThat(kernel.compiled.get()).isEqualTo(1);
      assertThatExceptionOfType(RegistryException.VersionExists.class)
          .isThrownBy(() -> put(registry, 1, OTHER, config));
      assertThatExceptionOfType(RegistryException.VersionExists.class)
          .isThrownBy(() -> put(registry, 1, FILE, empty));
    }
    try (OpenRegistry registry = start()) {
      assertThat(put(registry, 1, FILE, config).created()).isFalse();
      registry.models.unload("a");
      assertThatExceptionOfType(RegistryException.VersionExists.class)
          .isThrownBy(() -> put(registry, 1, FILE, config));
    }
  }

  @Test
  void ofManyThatPutTheSameAtOnceOneMakesItAndAllHaveIt() throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(6);
    try (OpenRegistry registry = start()) {
      for (long version = 1; version <= 20; version++) {
        long number = version;
        List<Future<ModelRegistry.Stored>> answers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
          answers.add(clients.submit(() -> put(registry, number, FILE, new byte[] {'{', '}'})));
        }
        int created = 0;
        for (Future<ModelRegistry.Stored> answer : answers) {
          assertThat(answer.get().info().status()).isEqualTo(ModelStatus.AVAILABLE);
          created += answer.get().created() ? 1 : 0;
        }
        assertThat(created).isEqualTo(1);
      }
    } finally {
      clients.shutdownNow();
    }
  }

  @Test
  void putWhileTheSameFailsIsMadeItself() throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(4);
    try (OpenRegistry registry = start()) {
      for (int round = 0; round < 20; round++) {
        List<Future<?>> bad = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          bad.add(
              clients.submit(
                  () ->
                      assertThatExceptionOfType(RegistryException.class)
                          .isThrownBy(() -> registry.put("a", 1, new byte[] {1, 2, 3}))));
        }
        assertThat(put(registry, 1, FILE, new byte[] {'{', '}'}).created()).isTrue();
        for (Future<?> each : bad) {
          each.get();
        }
        registry.models.remove("a");
      }
    } finally {
      clients.shutdownNow();
    }
  }

  @Test
  void versionsEndWhereTheirNumbersDo() throws Exception {
    Path tooHigh = Files.createDirectories(root().resolve("a/1000000000000000000"));
    Files.write(tooHigh.resolve("model"), FILE);
    try (OpenRegistry registry = start()) {
      assertThat(registry.models.list()).isEmpty();
      registry.put("a", ModelId.MAX_VERSION - 1, FILE);
      assertThat(registry.put("a", OptionalLong.empty(), FILE).id().version())
          .isEqualTo(ModelId.MAX_VERSION);
      assertThatExceptionOfType(RegistryException.NoNumberLeft.class)
          .isThrownBy(() -> registry.put("a", OptionalLong.empty(), FILE))
          .withMessageContaining("999999999999999999");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> registry.put("a", ModelId.MAX_VERSION + 1, FILE));
      registry.models.remove(new ModelId("a", ModelId.MAX_VERSION));
      assertThat(registry.put("a", OptionalLong.empty(), FILE).id().version())
          .isEqualTo(ModelId.MAX_VERSION);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "999999999999999999, 999999999999999999",
    "0, ",
    "01, ",
    "+1, ",
    "-1, ",
    "1000000000000000000, ",
    "9223372036854775808, ",
    "'', ",
    "1a, ",
    "\u0661, "
  })
  void onlyThePlainFormOfANumberIsAVersion(String text, Long version) {
    OptionalLong expected = version == null ? OptionalLong.empty() : OptionalLong.of(version);
    assertThat(ModelId.parseVersion(text)).isEqualTo(expected);
  }

  @Test
  void whatALinkLeadsToIsNotChanged() throws Exception {
    Path outside = Files.createDirectories(folder.resolve("outside"));
    Path inside = Files.createDirectories(root().resolve("b"));
    for (Path target : List.of(outside, inside)) {
      Files.write(Files.createDirectories(target.resolve("1")).resolve("model"), FILE);
    }
    Files.createSymbolicLink(root().resolve("out"), outside);
    Files.createSymbolicLink(root().resolve("in"), inside);
    try (OpenRegistry registry = start()) {
      for (String name : List.of("out", "in")) {
        assertThatExceptionOfType(RegistryException.Unchangeable.class)
            .isThrownBy(() -> registry.models.remove(name))
            .withMessageContaining("symbolic link")
            .withMessageNotContaining(folder.toString());
        assertThatExceptionOfType(RegistryException.Unchangeable.class)
            .isThrownBy(() -> registry.put(name, 2, FILE));
        assertThatExceptionOfType(RegistryException.Unchangeable.class)
            .isThrownBy(() -> registry.put(name, OptionalLong.empty(), FILE));
      }
      registry.models.unload("in");
      assertThatExceptionOfType(RegistryException.Unchangeable.class)
          .isThrownBy(() -> registry.models.remove("in"));
    }
    for (Path target : List.of(outside, inside)) {
      assertThat(entries(target)).containsExactly(target.resolve("1"));
      assertThat(target.resolve("1/model")).hasBinaryContent(FILE);
    }
  }

  @Test
  void whatStandsInAModelsPlaceIsNotTouched() throws Exception {
    Files.write(Files.createDirectories(root()).resolve("a"), FILE);
    try (OpenRegistry registry = start()) {
      assertThatExceptionOfType(RegistryException.Unchangeable.class)
          .isThrownBy(() -> registry.put("a", 1, FILE))
          .withMessageContaining("a file has the name");
      assertThatExceptionOfType(RegistryException.Unchangeable.class)
          .isThrownBy(() -> registry.put("a", OptionalLong.empty(), FILE));
    }
    assertThat(root().resolve("a")).hasBinaryContent(FILE);
  }

  @Test
  void linkThatLeadsNowhereIsNamed() throws Exception {
    Path version = Files.createDirectories(root().resolve("a/1"));
    Files.createSymbolicLink(version.resolve("model"), Path.of("gone"));
    try (OpenRegistry registry = start()) {
      assertThat(registry.models.find(ModelRequest.latest("a")).error())
          .isEqualTo("model: is a link that leads nowhere");
    }
  }

  @Test
  void ofAVersionThatIsALinkTheLinkAloneIsRemoved() throws Exception {
    Path outside = Files.createDirectories(folder.resolve("outside"));
    Files.write(outside.resolve("model"), FILE);
    Files.createDirectories(root().resolve("a"));
    Files.createSymbolicLink(root().resolve("a/1"), outside);
    try (OpenRegistry registry = start()) {
      registry.models.remove(new ModelId("a", 1));
      assertThat(registry.models.list()).isEmpty();
    }
    assertThat(Files.exists(root().resolve("a"), java.nio.file.LinkOption.NOFOLLOW_LINKS))
        .isFalse();
    assertThat(outside.resolve("model")).hasBinaryContent(FILE);
  }

  @Test
  void withoutItsFolderTheRepositoryServesAndSaysWhatIsMissing() throws Exception {
    try (OpenRegistry registry = start()) {
      registry.put("a", 1, FILE);
      registry.put("b", 1, FILE);
      registry.models.unload("b");
      assertThat(registry.models.storageFault()).isNull();
      FileSystemUtils.deleteRecursively(root());
      assertThat(registry.models.storageFault()).isEqualTo(StorageFault.MISSING);
      assertMissing(() -> registry.put("c", 1, FILE));
      assertMissing(() -> registry.models.remove(new ModelId("a", 1)));
      assertMissing(() -> registry.models.remove(new ModelId("b", 1)));
      try (ModelHandle handle = registry.models.acquire(ModelRequest.latest("a"))) {
        assertThat(OpenRegistry.step(handle, kernel)).hasSize(4);
      }
      Files.createDirectories(root());
      assertThat(registry.put("c", 1, FILE).status()).isEqualTo(ModelStatus.AVAILABLE);
      registry.models.remove(new ModelId("a", 1));
      assertThat(root().resolve("c/1/model.safetensors")).hasBinaryContent(FILE);
    }
  }

  private void assertMissing(org.assertj.core.api.ThrowableAssert.ThrowingCallable change) {
    assertThatExceptionOfType(RegistryException.StorageFailure.class)
        .isThrownBy(change)
        .withMessageNotContaining(folder.toString())
        .withMessageNotContaining("Exception")
        .satisfies(e -> assertThat(e.fault()).isEqualTo(StorageFault.MISSING));
  }

  @Test
  void whatIsToldOfABrokenModelNamesNoPathAndNoClass() {
    List<Throwable> faults =
        List.of(
            new NoSuchFileException("/models/a/1/model"),
            new FileNotFoundException("/models/a/1/model"),
            new IllegalStateException("dev.keepgate.Secret in /models"),
            new OutOfMemoryError("Java heap space"));
    for (Throwable fault : faults) {
      assertThat(VersionTable.describe(fault))
          .doesNotContain("/models")
          .doesNotContain("Exception")
          .doesNotContain("dev.keepgate")
          .doesNotContain("java");
    }
  }

  @Test
  void uploadThatWouldNotFitIsRefusedBeforeItIsRead() throws Exception {
    try (OpenRegistry registry = start()) {
      assertThatExceptionOfType(RegistryException.StorageFailure.class)
          .isThrownBy(() -> registry.models.newUpload(Long.MAX_VALUE))
          .satisfies(e -> assertThat(e.fault()).isEqualTo(StorageFault.FULL));
      assertThat(entries(root()))
          .allSatisfy(work -> assertThat(entries(work)).containsExactly(work.resolve("lock")));
    }
  }

  private static List<Path> entries(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.toList();
    }
  }
}

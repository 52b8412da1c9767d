package dev.keepgate.registry.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.keepgate.ModelBytes;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.ModelStatus;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.RegistryProperties.BuiltIn;
import dev.keepgate.registry.Upload;
import dev.keepgate.registry.repository.Manifest;
import dev.keepgate.registry.repository.UploadFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.springframework.util.FileSystemUtils;
import org.springframework.util.unit.DataSize;

/** Models come, serve and go, on a real folder. */
class ModelRegistryTest {

  private static final byte[] FILE = ModelBytes.pytorch(3, 4, 1);

  @TempDir Path root;
  private final CountingKernel kernel = new CountingKernel();

  private void drop(String folder, byte[] file) throws IOException {
    Files.write(Files.createDirectories(root.resolve(folder)).resolve("model"), file);
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> root.relativize(file).toString())
          .filter(file -> !file.endsWith("/lock"))
          .sorted()
          .toList();
    }
  }

  private static void assertGone(OpenRegistry registry, String name) {
    assertThatExceptionOfType(RegistryException.NotFound.class)
        .isThrownBy(() -> registry.models.acquire(ModelRequest.latest(name)));
  }

  @Test
  void modelThatWasPutServesAgainAfterARestart() throws Exception {
    float[] before;
    try (OpenRegistry registry = OpenRegistry.start(root, kernel)) {
      ModelInfo info = registry.put("a", 7, FILE);
      assertThat(info.status()).isEqualTo(ModelStatus.AVAILABLE);
      assertThat(files()).containsExactly("a/7/model.safetensors");
      try (ModelHandle handle = registry.models.acquire(ModelRequest.latest("a"))) {
        before = OpenRegistry.step(handle, kernel);
      }
    }
    assertThat(kernel.closed.get()).isEqualTo(kernel.compiled.get());
    try (OpenRegistry registry = OpenRegistry.start(root, kernel);
        ModelHandle handle = registry.models.acquire(ModelRequest.specific("a", 7))) {
      assertThat(OpenRegistry.step(handle, kernel)).containsExactly(before);
    }
  }

  @Test
  void removedVersionServesWhoHoldsIt() throws Exception {
    try (OpenRegistry registry = OpenRegistry.start(root, kernel)) {
      registry.put("a", 1, FILE);
      ModelHandle held = registry.models.acquire(ModelRequest.latest("a"));
      ModelHandle shared = held.share();
      float[] before = OpenRegistry.step(held, kernel);
      registry.models.remove(new ModelId("a", 1));
      assertGone(registry, "a");
      assertThat(files()).isEmpty();
      assertThat(registry.models.list())
          .extracting(ModelInfo::status)
          .containsExactly(ModelStatus.UNLOADING);
      assertThat(registry.models.memoryUsed()).isPositive();
      held.close();
      held.close();
      assertThat(OpenRegistry.step(shared, kernel)).containsExactly(before);
      assertThat(kernel.closed.get()).isZero();
      shared.close();
      assertThat(kernel.closed.get()).isEqualTo(1);
      assertThat(registry.models.memoryUsed()).isZero();
      assertThat(registry.models.list()).isEmpty();
    }
  }

  @Test
  void removedNumberMayBeTakenWhileItIsStillHeld() throws Exception {
    try (OpenRegistry registry = OpenRegistry.start(root, kernel)) {
      registry.put("a", 1, FILE);
      try (ModelHandle old = registry.models.acquire(ModelRequest.latest("a"))) {
        registry.models.remove("a");
        registry.put("a", 1, ModelBytes.pytorch(5, 4, 2));
        try (ModelHandle young = registry.models.acquire(ModelRequest.latest("a"))) {
          assertThat(young.signature().inputSize()).isEqualTo(5);
          assertThat(old.signature().inputSize()).isEqualTo(3);
        }
      }
      assertThat(kernel.closed.get()).isEqualTo(1);
      registry.models.acquire(ModelRequest.latest("a")).close();
    }
  }

  @Test
  void clientsNeverSeeAClosedModelHoweverOftenItIsReplaced() throws Exception {
    long seed = Long.getLong("keepgate.seed", new Random().nextLong());
    System.out.println("ModelRegistryTest seed " + seed);
    ExecutorService clients = Executors.newFixedThreadPool(6);
    try (OpenRegistry registry = OpenRegistry.start(root, kernel)) {
      registry.put("a", 1, FILE);
      CountDownLatch done = new CountDownLatch(1);
      List<Future<Long>> served = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Random random = new Random(seed + i);
        served.add(clients.submit(() -> useUntil(done, registry, random)));
      }
      Random random = new Random(seed - 1);
      for (int i = 0; i < 150; i++) {
        registry.put("a", OptionalLong.empty(), FILE);
        List<Long> versions =
            registry.models.list().stream()
                .filter(info -> info.status() == ModelStatus.AVAILABLE)
                .map(info -> info.id().version())
                .toList();
        registry.models.remove(new ModelId("a", versions.get(random.nextInt(versions.size()))));
      }
      done.countDown();
      for (Future<Long> each : served) {
        assertThat(each.get()).isPositive();
      }
      registry.models.remove("a");
      assertThat(kernel.closed.get()).isEqualTo(kernel.compiled.get()).isEqualTo(151);
      assertThat(registry.models.memoryUsed()).isZero();
    } finally {
      clients.shutdownNow();
    }
  }

  private long useUntil(CountDownLatch done, OpenRegistry registry, Random random) {
    long count = 0;
    while (done.getCount() > 0) {
      ModelHandle handle = registry.models.acquire(ModelRequest.latest("a"));
      try (ModelHandle other = random.nextBoolean() ? handle.share() : handle) {
        OpenRegistry.step(other, kernel);
      } finally {
        handle.close();
      }
      count++;
    }
    return count;
  }

  @Test
  void modelThatDoesNotFitIsRefusedBeforeItIsCompiled() throws Exception {
    DataSize budget = DataSize.ofBytes(1000);
    try (OpenRegistry registry = OpenRegistry.start(root, kernel, BuiltIn.NEVER, budget)) {
      registry.put("small", 1, FILE);
      assertThatExceptionOfType(RegistryException.NoMemory.class)
          .isThrownBy(() -> registry.put("large", 1, FILE));
      assertThat(kernel.compiled.get()).isEqualTo(1);
      assertThat(files()).containsExactly("small/1/model.safetensors");
      registry.models.remove("small");
      registry.put("large", 1, FILE);
    }
  }

  @Test
  void latestIsTheHighestThatIsAvailable() throws Exception {
    drop("a/10", new byte[100]);
    try (OpenRegistry registry = OpenRegistry.start(root, kernel)) {
      assertThatExceptionOfType(RegistryException.NotAvailable.class)
          .isThrownBy(() -> registry.models.acquire(ModelRequest.latest("a")));
      registry.put("a", 2, FILE);
      registry.put("a", 9, FILE);
      registry.put("a", 1, FILE);
      assertLatest(registry, 9);
      registry.models.remove(new ModelId("a", 9));
      assertLatest(registry, 2);
      assertThat(registry.put("a", OptionalLong.empty(), FILE).id().version()).isEqualTo(11);
      assertLatest(registry, 11);
    }
  }

  private static void assertLatest(OpenRegistry registry, long version) {
    try (ModelHandle handle = registry.models.acquire(ModelRequest.latest("a"))) {
      assertThat(handle.id().version()).isEqualTo(version);
    }
  }

  @Test
  void brokenModelsDoNotStopTheOthers() throws Exception {
    drop("good/1", FILE);
    drop("bad/1", new byte[100]);
    drop("bad/2", FILE);
    Files.createDirectories(root.resolve("empty/1"));
    drop("not a model/1", FILE);
    drop("good/first", FILE);
    Files.writeString(root.resolve("readme"), "text");
    try (OpenRegistry registry = OpenRegistry.start(root, kernel)) {
      assertThat(registry.models.isReady()).isTrue();
      assertThat(registry.models.list())
          .extracting(info -> info.id() + " " + info.status())
          .containsExactly("bad/1 END", "bad/2 AVAILABLE", "empty/1 END", "good/1 AVAILABLE");
      assertThat(registry.models.find(ModelRequest.specific("bad", 1)).error()).isNotBlank();
      registry.models.remove(new ModelId("bad", 1));
      assertThat(root.resolve("bad/1")).doesNotExist();
    }
  }

  @Test
  void modelsOfTheStartAreLoadedInParallelAndReportProgress() throws Exception {
    for (int i = 1; i <= 20; i++) {
      drop("m/" + i, FILE);
    }
    CountDownLatch together = new CountDownLatch(3);
    CountingKernel slow =
        new CountingKernel(
            () -> {
              together.countDown();
              try {
                if (!together.await(30, TimeUnit.SECONDS)) {
                  throw new IllegalStateException("models are loaded one by one");
                }
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    Logger logger = (Logger) LoggerFactory.getLogger(RepositoryWatch.class);
    logger.addAppender(log);
    try (OpenRegistry registry = OpenRegistry.start(root, slow)) {
      assertThat(registry.models.list())
          .hasSize(20)
          .allMatch(info -> info.status() == ModelStatus.AVAILABLE);
      assertThat(log.list)
          .extracting(ILoggingEvent::getFormattedMessage)
          .anyMatch(line -> line.startsWith("Loaded 10 of 20"))
          .anyMatch(line -> line.startsWith("Loaded 20 of 20"));
    } finally {
      logger.detachAppender(log);
    }
  }

  @Test
  void notReadyBeforeTheModelsOfTheStartAreLoaded() throws Exception {
    drop("a/1", FILE);
    CountDownLatch go = new CountDownLatch(1);
    CountingKernel blocked =
        new CountingKernel(
            () -> {
              try {
                go.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    try (OpenRegistry registry =
        OpenRegistry.begin(root, blocked, BuiltIn.NEVER, DataSize.ofMegabytes(64))) {
      assertThat(registry.models.isReady()).isFalse();
      assertThatExceptionOfType(RegistryException.NotAvailable.class)
          .isThrownBy(() -> registry.models.acquire(ModelRequest.latest("a")))
          .matches(RegistryException.NotAvailable::isPassing);
      assertThatExceptionOfType(RegistryException.NotAvailable.class)
          .isThrownBy(() -> registry.models.remove("a"));
      go.countDown();
      registry.watch.startUp().join();
      assertThat(registry.models.isReady()).isTrue();
      registry.models.acquire(ModelRequest.latest("a")).close();
    }
  }

  @Test
  void digestTellsFilesApartAndIsTheSameWhereverTheyComeFrom() throws Exception {
    DataSize budget = DataSize.ofMegabytes(1);
    String builtIn;
    try (OpenRegistry registry = OpenRegistry.start(root, kernel, BuiltIn.AUTO, budget)) {
      builtIn = digest(registry, "notebook-cell", 1);
      assertThat(builtIn)
          .matches("[0-9a-f]{64}")
          .isNotEqualTo(digest(registry, "notebook-stacked", 1));
      registry.put("a", 1, FILE);
      registry.put("a", 2, ModelBytes.pytorch(3, 4, 99));
      assertThat(digest(registry, "a", 2)).isNotEqualTo(digest(registry, "a", 1));
      Path folder = Files.createDirectories(root.resolve("b/1"));
      Files.write(folder.resolve("model.safetensors"), FILE);
      registry.models.load("b");
      assertThat(digest(registry, "b", 1)).isEqualTo(digest(registry, "a", 1));
    }
    String before = Manifest.of(root.resolve("a/1")).digest();
    try (OpenRegistry registry = OpenRegistry.start(root, kernel, BuiltIn.ALWAYS, budget)) {
      assertThat(digest(registry, "a", 1)).isEqualTo(before);
      assertThat(digest(registry, "notebook-cell", 1)).isEqualTo(builtIn);
    }
  }

  private static String digest(OpenRegistry registry, String name, long version) {
    try (ModelHandle handle = registry.models.acquire(ModelRequest.specific(name, version))) {
      return handle.digest();
    }
  }

  @Test
  void pollingFindsWhatCameAndWhatWent() throws Exception {
    try (OpenRegistry registry = OpenRegistry.start(root, kernel)) {
      drop("a/1", FILE);
      registry.watch.poll();
      registry.watch.poll();
      ModelHandle handle = registry.models.acquire(ModelRequest.specific("a", 1));
      drop("a/2", new byte[9]);
      registry.watch.poll();
      registry.watch.poll();
      assertThat(registry.models.find(ModelRequest.specific("a", 2)).error()).isNotBlank();
      drop("a/2", FILE);
      registry.watch.poll();
      registry.watch.poll();
      assertLatest(registry, 2);
      FileSystemUtils.deleteRecursively(root.resolve("a"));
      registry.watch.poll();
      assertGone(registry, "a");
      OpenRegistry.step(handle, kernel);
      handle.close();
      assertThat(kernel.closed.get()).isEqualTo(2);
    }
  }

  @Test
  void whatCrashesLeftIsSweptAtTheStart() throws Exception {
    Path left = Files.createDirectories(root.resolve(".keepgate-1234/upload-5"));
    Files.write(left.resolve("model"), FILE);
    try (OpenRegistry registry = OpenRegistry.start(root, kernel)) {
      assertThat(root.resolve(".keepgate-1234")).doesNotExist();
      try (Upload upload = registry.models.newUpload();
          OpenRegistry second = OpenRegistry.start(root, kernel)) {
        assertThat(((UploadFolder) upload).folder())
            .as("the upload of a registry that lives")
            .exists();
        assertThat(second.models.list()).isEmpty();
      }
    }
    try (Stream<Path> entries = Files.list(root)) {
      assertThat(entries).isEmpty();
    }
  }

  @Test
  void nextNumbersAreGivenOnce() throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(4);
    try (OpenRegistry registry = OpenRegistry.start(root, kernel)) {
      Callable<Long> next = () -> registry.put("a", OptionalLong.empty(), FILE).id().version();
      List<Future<Long>> numbers = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        numbers.add(clients.submit(next));
      }
      Set<Long> given = new TreeSet<>();
      for (Future<Long> number : numbers) {
        given.add(number.get());
      }
      assertThat(given).containsExactlyElementsOf(LongStream.rangeClosed(1, 20).boxed().toList());
    } finally {
      clients.shutdownNow();
    }
  }

  @Test
  void versionsAreBounded() throws Exception {
    try (OpenRegistry registry = OpenRegistry.start(root, kernel)) {
      for (int i = 0; i < 100; i++) {
        registry.put("a", OptionalLong.empty(), FILE);
      }
      assertThatExceptionOfType(RegistryException.TooManyVersions.class)
          .isThrownBy(() -> registry.put("b", 1, FILE));
      assertThat(files()).hasSize(100);
    }
  }

  @Test
  void unloadedModelStaysOnTheDiskAndComesBackOnDemand() throws Exception {
    drop("a/1", FILE);
    drop("a/2", FILE);
    drop("b/1", FILE);
    try (OpenRegistry registry = OpenRegistry.start(root, kernel)) {
      registry.models.unload("a");
      assertGone(registry, "a");
      assertThat(registry.models.unloaded())
          .containsExactly(new ModelId("a", 1), new ModelId("a", 2));
      assertThat(files()).containsExactly("a/1/model", "a/2/model", "b/1/model");
      registry.watch.poll();
      registry.watch.poll();
      assertGone(registry, "a");
      assertThatExceptionOfType(RegistryException.NotFound.class)
          .isThrownBy(() -> registry.models.unload("a"));
      registry.models.load("a");
      assertLatest(registry, 2);
      assertThat(registry.models.unloaded()).isEmpty();
      try (ModelHandle held = registry.models.acquire(ModelRequest.latest("a"))) {
        registry.models.unload("a");
        registry.models.load("a");
        assertLatest(registry, 2);
        assertThat(OpenRegistry.step(held, kernel)).isNotEmpty();
      }
      registry.models.unload("a");
      registry.models.remove(new ModelId("a", 1));
      registry.models.remove("a");
      assertThat(files()).containsExactly("b/1/model");
      assertThatExceptionOfType(RegistryException.NotFound.class)
          .isThrownBy(() -> registry.models.load("a"));
    }
    assertThat(kernel.closed.get()).isEqualTo(kernel.compiled.get());
  }

  @Test
  void loadFindsWhatCameAndSaysWhatIsBroken() throws Exception {
    try (OpenRegistry registry = OpenRegistry.start(root, kernel)) {
      drop("a/1", FILE);
      registry.models.load("a");
      assertLatest(registry, 1);
      drop("a/2", new byte[] {1, 2, 3});
      assertThatExceptionOfType(RegistryException.NotAvailable.class)
          .isThrownBy(() -> registry.models.load("a"))
          .withMessageContaining("a/2");
      assertLatest(registry, 1);
    }
  }

  @Test
  void aFolderOfKServesIsServedUnderTheNameItIsGiven() throws Exception {
    drop(".", FILE);
    drop("other/3", FILE);
    try (OpenRegistry registry = OpenRegistry.startSingle(root, kernel, "served")) {
      assertThat(registry.models.list())
          .extracting(info -> info.id().toString(), ModelInfo::status)
          .containsExactly(
              tuple("other/3", ModelStatus.AVAILABLE), tuple("served/1", ModelStatus.AVAILABLE));
      registry.put("served", 2, FILE);
      assertThatExceptionOfType(RegistryException.VersionExists.class)
          .isThrownBy(() -> registry.put("served", 1, ModelBytes.pytorch(3, 5, 1)));
      assertThatExceptionOfType(RegistryException.Unchangeable.class)
          .isThrownBy(() -> registry.models.remove(new ModelId("served", 1)));
      registry.models.unload("served");
      registry.models.load("served");
      assertThat(registry.models.list()).hasSize(3);
    }
    assertThat(files()).containsExactly("model", "other/3/model", "served/2/model.safetensors");
  }

  @Test
  void soAreItsVersionFolders() throws Exception {
    drop("7", FILE);
    drop("9", FILE);
    try (OpenRegistry registry = OpenRegistry.startSingle(root, kernel, "served")) {
      assertThat(registry.models.list())
          .extracting(info -> info.id().toString())
          .containsExactly("served/7", "served/9");
      registry.watch.poll();
      registry.watch.poll();
      assertThat(registry.models.list()).hasSize(2);
    }
  }
}

package dev.keepgate.registry.replica.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.model.ModelId;
import dev.keepgate.redis.RedisProperties;
import dev.keepgate.registry.ReplicaProperties.Content;
import dev.keepgate.registry.replica.SharedCatalog;
import dev.keepgate.registry.replica.SharedCatalog.Claim;
import dev.keepgate.registry.repository.Manifest;
import dev.keepgate.registry.repository.Revision;
import dev.keepgate.sequence.LaggingReplica;
import dev.keepgate.sequence.RedisProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The catalog over a {@code redis-server} of this machine. */
class RedisCatalogTest {

  private static final ModelId ID = new ModelId("a", 1);

  @TempDir Path folder;
  private RedisProcess redis;

  @BeforeEach
  void start() throws IOException {
    assumeTrue(RedisProcess.program().isPresent(), "There is no redis-server on the PATH");
    redis = RedisProcess.start(folder);
  }

  @AfterEach
  void stop() {
    if (redis != null) {
      redis.close();
    }
  }

  private OpenCatalog connect(String prefix) {
    return OpenCatalog.connect(
        redis.host(), redis.port(), new RedisProperties(prefix), Content.FOLDER);
  }

  private static void publish(SharedCatalog catalog, String revision) {
    try (Claim claim =
        Objects.requireNonNull(catalog.claim(ID, new Revision(revision, "digest"), 1))) {
      assertThat(claim.publish()).isTrue();
    }
  }

  /** What is not there yet would be reported as lost, and stored by somebody once more. */
  @Test
  void bytesAreReadThoughReplicasOfRedisAreBehind(@TempDir Path replicas) throws Exception {
    Path model = Files.createDirectories(replicas.resolve("model"));
    Files.write(model.resolve("model.pt"), new byte[3 * OpenCatalog.CHUNK + 1]);
    Manifest manifest = Manifest.of(model);
    Path behind = Files.createDirectories(replicas.resolve("redis"));
    Path fetched = Files.createDirectories(replicas.resolve("fetched"));
    try (LaggingReplica replica = LaggingReplica.of(redis, behind);
        OpenCatalog open = OpenCatalog.over(replica.readingFromIt())) {
      SharedCatalog catalog = open.catalog();
      Revision revision = new Revision("first", manifest.digest());
      try (Claim claim = Objects.requireNonNull(catalog.claim(ID, revision, manifest.bytes()))) {
        claim.store(model, manifest);
        assertThat(claim.publish()).isTrue();
      }
      catalog.fetch(Objects.requireNonNull(catalog.read(List.of()).versions().get(ID)), fetched);
      assertThat(fetched.resolve("model.pt")).hasSameBinaryContentAs(model.resolve("model.pt"));
    }
  }

  @Test
  void serversOfAnotherPrefixShareNoModelsAndHearOfNone() throws Exception {
    try (OpenCatalog ours = connect("ours");
        OpenCatalog theirs = connect("theirs")) {
      Semaphore heard = new Semaphore(0);
      Semaphore heardByThem = new Semaphore(0);
      ours.catalog().onChange(heard::release);
      theirs.catalog().onChange(heardByThem::release);
      publish(ours.catalog(), "first");
      heard.acquire();
      assertThat(ours.catalog().read(List.of()).versions()).containsOnlyKeys(ID);
      assertThat(theirs.catalog().read(List.of()).versions()).isEmpty();
      assertThat(theirs.catalog().highest("a")).isZero();
      publish(theirs.catalog(), "second");
      heardByThem.acquire();
      assertThat(heardByThem.availablePermits()).as("what they heard of us").isZero();
      assertThat(ours.catalog().read(List.of()).versions())
          .hasEntrySatisfying(ID, entry -> assertThat(entry.revision().id()).isEqualTo("first"));
    }
  }

  @Test
  void subscriptionThatIsRefusedLeavesNoConnectionAndIsMadeLater() {
    try (OpenCatalog open = connect("keepgate")) {
      assertThat(open.catalog().stamp()).isEmpty();
      int before = clients();
      assertThat(redis.command("ACL SETUSER default -subscribe")).startsWith("+OK");
      AtomicInteger heard = new AtomicInteger();
      for (int i = 0; i < 5; i++) {
        open.catalog().onChange(heard::incrementAndGet);
      }
      Awaitility.await().untilAsserted(() -> assertThat(clients()).isEqualTo(before));
      assertThat(redis.command("ACL SETUSER default +subscribe")).startsWith("+OK");
      open.catalog().onChange(heard::incrementAndGet);
      publish(open.catalog(), "first");
      Awaitility.await().untilAsserted(() -> assertThat(heard).hasValue(1));
    }
  }

  private int clients() {
    return redis
        .command("INFO clients")
        .lines()
        .filter(line -> line.startsWith("connected_clients:"))
        .mapToInt(line -> Integer.parseInt(line.substring(line.indexOf(':') + 1)))
        .findFirst()
        .orElseThrow();
  }
}

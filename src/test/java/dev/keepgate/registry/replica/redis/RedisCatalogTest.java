package dev.keepgate.registry.replica.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keepgate.model.ModelId;
import dev.keepgate.redis.RedisProperties;
import dev.keepgate.registry.ReplicaProperties.Content;
import dev.keepgate.registry.replica.SharedCatalog;
import dev.keepgate.registry.replica.SharedCatalog.Claim;
import dev.keepgate.registry.repository.Revision;
import dev.keepgate.sequence.RedisProcess;
import java.io.IOException;
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

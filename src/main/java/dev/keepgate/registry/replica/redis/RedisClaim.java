package dev.keepgate.registry.replica.redis;

import static dev.keepgate.redis.LuaScripts.bytes;
import static dev.keepgate.redis.LuaScripts.text;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.ReplicaProperties;
import dev.keepgate.registry.replica.SharedCatalog.Claim;
import dev.keepgate.registry.repository.Manifest;
import dev.keepgate.registry.repository.Revision;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A claim with a deadline, put off again and again while its process lives. */
final class RedisClaim implements Claim {

  private static final Logger log = LoggerFactory.getLogger(RedisClaim.class);

  /** So many in the time that a claim lasts. */
  private static final int RENEWALS = 3;

  private static final long RELEASE_MILLIS = 1000;

  private final CatalogScripts scripts;
  private final ReplicaProperties properties;
  private final ScheduledExecutorService renewals;
  private final ModelId id;
  private final Revision revision;
  private final long bytes;
  private final boolean carriesContent;

  /** Random; the content that the claim stores has the same name. */
  private final String owner = UUID.randomUUID().toString();

  private @Nullable ScheduledFuture<?> renewal;
  private String content = RedisCatalog.IN_FOLDER;
  private int fields;
  private boolean published;

  /**
   * @param renewals puts deadlines off
   * @param bytes of the version's files
   */
  RedisClaim(
      CatalogScripts scripts,
      ReplicaProperties properties,
      ScheduledExecutorService renewals,
      ModelId id,
      Revision revision,
      long bytes) {
    this.scripts = scripts;
    this.properties = properties;
    this.renewals = renewals;
    this.id = id;
    this.revision = revision;
    this.bytes = bytes;
    this.carriesContent = properties.content() == ReplicaProperties.Content.REDIS;
  }

  private long ttl() {
    return properties.claimTtl().toMillis();
  }

  /** Asks for the number, and is renewed from then on if it gets it; the answer of Redis. */
  List<byte[]> make() {
    List<byte[]> reply;
    try {
      reply =
          scripts.run(
              "claim",
              id,
              owner,
              revision.id(),
              carriesContent ? bytes : 0,
              ttl(),
              properties.maxBytes().toBytes());
    } catch (RegistryException.ReplicasUnavailable e) {
      // It may have been made all the same.
      release(ttl() / RELEASE_MILLIS);
      throw e;
    }
    if (text(reply.get(0)).equals("OK")) {
      long pause = ttl() / RENEWALS;
      renewal = renewals.scheduleWithFixedDelay(this::renew, pause, pause, TimeUnit.MILLISECONDS);
    }
    return reply;
  }

  private void renew() {
    try {
      scripts.run("renew", id, owner, ttl());
    } catch (RuntimeException e) {
      log.debug("The claim of {} was not renewed", id, e);
    } catch (Throwable e) {
      log.warn("The claim of {} was not renewed", id, e);
    }
  }

  @Override
  public void store(Path folder, Manifest manifest) throws IOException {
    if (!carriesContent) {
      return;
    }
    content = owner;
    store("manifest", bytes(manifest.text()));
    byte[] chunk = new byte[(int) properties.chunkSize().toBytes()];
    int filled = 0;
    int next = 0;
    for (Manifest.File file : manifest.files()) {
      try (InputStream in = Files.newInputStream(folder.resolve(file.name()))) {
        filled += in.readNBytes(chunk, filled, chunk.length - filled);
        while (filled == chunk.length) {
          store(Integer.toString(next++), chunk);
          filled = in.readNBytes(chunk, 0, chunk.length);
        }
      }
    }
    if (filled > 0) {
      store(Integer.toString(next), Arrays.copyOf(chunk, filled));
    }
  }

  private void store(String field, byte[] data) {
    if (!scripts.status("store", id, owner, ttl(), field, data).equals("OK")) {
      throw tooLate();
    }
    fields++;
  }

  private RegistryException tooLate() {
    return new RegistryException.ReplicasUnavailable(
        "model " + id + " could not be stored for the other replicas in time", null);
  }

  @Override
  public boolean publish() {
    String status =
        scripts.status(
            "publish",
            id,
            owner,
            revision.id(),
            revision.digest(),
            bytes,
            content,
            fields,
            UUID.randomUUID());
    if (status.equals("INCOMPLETE")) {
      throw tooLate();
    }
    published = status.equals("OK");
    return published;
  }

  @Override
  public void close() {
    if (renewal != null) {
      renewal.cancel(false);
    }
    if (!published) {
      release(ttl() / RELEASE_MILLIS);
    }
  }

  /** Tries for as long as the claim may last without it. */
  private void release(long attempts) {
    try {
      scripts.run("release", id, owner);
    } catch (RegistryException e) {
      log.debug("The claim of {} is not given back yet", id, e);
      if (attempts > 0 && !renewals.isShutdown()) {
        var unused =
            renewals.schedule(() -> release(attempts - 1), RELEASE_MILLIS, TimeUnit.MILLISECONDS);
      }
    }
  }
}

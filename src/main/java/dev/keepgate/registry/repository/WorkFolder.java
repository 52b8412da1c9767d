package dev.keepgate.registry.repository;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process' own folder inside the repository for what is on its way in or out, so that a rename
 * takes it there: {@code <root>/.keepgate-<random>/}.
 *
 * <p>The process holds a lock on a file in it for as long as it lives. A folder whose lock is free
 * is left over from a crash, and the next process to start sweeps it away, while the folders of
 * other processes on the same repository stay.
 */
final class WorkFolder implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(WorkFolder.class);
  private static final String PREFIX = ".keepgate-";
  private static final String LOCK = "lock";
  private static final int ATTEMPTS = 10;

  private final Path path;
  private final FileChannel lock;

  private WorkFolder(Path path, FileChannel lock) {
    this.path = path;
    this.lock = lock;
  }

  /** Makes a folder and locks it. */
  static WorkFolder create(Path root) throws IOException {
    for (int i = 0; i < ATTEMPTS; i++) {
      Path path = Files.createTempDirectory(root, PREFIX);
      FileChannel lock = tryLock(path);
      if (lock != null) {
        return new WorkFolder(path, lock);
      }
      // Another process took it for a left-over before it was locked.
    }
    throw new IOException("found no folder to work in below " + root);
  }

  /** Deletes the folders whose processes are gone. */
  static void sweep(Path root) throws IOException {
    for (Path folder : Disk.entries(root, PREFIX + "*")) {
      if (Files.isSymbolicLink(folder)) {
        // A version that was one, on its way out.
        Files.delete(folder);
        continue;
      }
      try (FileChannel lock = tryLock(folder)) {
        if (lock != null) {
          Disk.discard(folder);
          log.info("Deleted {}, left over from a crash", folder);
        }
      } catch (IOException e) {
        log.warn("Could not look into {}: {}", folder, e.toString());
      }
    }
  }

  /** Locks a folder; null where another holds it or has deleted it. */
  private static @Nullable FileChannel tryLock(Path folder) throws IOException {
    Path file = folder.resolve(LOCK);
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean locked = false;
    try {
      FileLock lock = channel.tryLock();
      // A lock on a file that was deleted meanwhile protects nothing.
      locked = lock != null && Files.exists(file);
    } catch (OverlappingFileLockException e) {
      // This very process holds it.
    } finally {
      if (!locked) {
        channel.close();
      }
    }
    return locked ? channel : null;
  }

  /** Whether it was not deleted by others. */
  boolean exists() {
    return Files.isDirectory(path);
  }

  /** A path in it that is free. */
  Path newPlace() {
    return path.resolve(UUID.randomUUID().toString());
  }

  /** A path that is free in a root where no folder to work in can be made, swept like one. */
  static Path newPlaceWithout(Path root) {
    return root.resolve(PREFIX + UUID.randomUUID());
  }

  /** A folder that goes when it is closed. */
  record Part(Path path) implements AutoCloseable {
    @Override
    public void close() {
      Disk.discard(path);
    }
  }

  /** Makes a new folder in it, for one piece of work. */
  Part newPart(String prefix) throws IOException {
    return new Part(newFolder(prefix));
  }

  /** Makes a new folder in it. */
  Path newFolder(String prefix) throws IOException {
    return Files.createTempDirectory(path, prefix + "-");
  }

  @Override
  public void close() throws IOException {
    Disk.discard(path);
    lock.close();
  }
}

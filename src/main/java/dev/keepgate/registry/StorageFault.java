package dev.keepgate.registry;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is the matter with the repository's disk, in words that name no path of it. */
public enum StorageFault {
  /** No space, no inode or no quota is left. */
  FULL("no space is left on the repository's disk; remove versions, or make it larger"),

  /** It may be read and not written. */
  READ_ONLY(
      "the repository may only be read, so models cannot be changed; mount it writable and let the"
          + " server's user write to it"),

  /** There is no folder any more. */
  MISSING("the repository's folder is gone; bring it back, or start the server with another"),

  /** Anything else. */
  FAILED("the repository's disk failed; the server's log says how");

  private static final Logger log = LoggerFactory.getLogger(StorageFault.class);

  /** What the systems' error messages say of a full disk; Java has no exception for it. */
  private static final List<String> NO_SPACE =
      List.of("No space left on device", "Disk quota exceeded", "not enough space on the disk");

  private final String remedy;

  StorageFault(String remedy) {
    this.remedy = remedy;
  }

  /** What is the matter, and what to do about it. */
  String remedy() {
    return remedy;
  }

  /** What is the matter with the disk of a repository's root that failed like this. */
  static StorageFault of(IOException failure, Path root) {
    StorageFault told = of(failure);
    if (told != FAILED) {
      return told;
    }
    StorageFault found = now(root, 0);
    return found == null ? FAILED : found;
  }

  /** What is the matter with a disk that failed like this, as far as the failure tells. */
  static StorageFault of(IOException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage());
      if (NO_SPACE.stream().anyMatch(message::contains)) {
        return FULL;
      }
      if (cause instanceof AccessDeniedException || message.contains("Read-only file system")) {
        return READ_ONLY;
      }
    }
    return FAILED;
  }

  /**
   * What is the matter with a repository's disk now; null where models can be stored.
   *
   * @param minFree bytes that are to be free
   */
  static @Nullable StorageFault now(Path root, long minFree) {
    try {
      if (!Files.isDirectory(root)) {
        return MISSING;
      }
      if (!Files.isWritable(root)) {
        return READ_ONLY;
      }
      return Files.getFileStore(root).getUsableSpace() < minFree ? FULL : null;
    } catch (IOException e) {
      return FAILED;
    }
  }

  /** The exception for a failure of the disk; how it failed goes to the log alone. */
  static RegistryException.StorageFailure failure(String doing, IOException failure, Path root) {
    StorageFault fault = of(failure, root);
    log.warn("{} ({}): {}", doing, fault, failure.toString());
    return new RegistryException.StorageFailure(doing, fault, failure);
  }
}

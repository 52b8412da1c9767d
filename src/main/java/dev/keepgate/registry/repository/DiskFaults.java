package dev.keepgate.registry.repository;

import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.StorageFault;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Watches the repository's disk: from operations that failed, and by probes before one does. */
public final class DiskFaults {

  private static final Logger log = LoggerFactory.getLogger(DiskFaults.class);

  /** What the systems' error messages say of a full disk; Java has no exception for it. */
  private static final List<String> NO_SPACE =
      List.of("No space left on device", "Disk quota exceeded", "not enough space on the disk");

  private DiskFaults() {}

  /** What is the matter with the disk of a repository's root that failed like this. */
  static StorageFault of(IOException failure, Path root) {
    StorageFault told = of(failure);
    if (told != StorageFault.FAILED) {
      return told;
    }
    StorageFault found = now(root, 0);
    return found == null ? StorageFault.FAILED : found;
  }

  /** What is the matter with a disk that failed like this, as far as the failure tells. */
  public static StorageFault of(IOException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage());
      if (NO_SPACE.stream().anyMatch(message::contains)) {
        return StorageFault.FULL;
      }
      if (cause instanceof AccessDeniedException || message.contains("Read-only file system")) {
        return StorageFault.READ_ONLY;
      }
    }
    return StorageFault.FAILED;
  }

  /**
   * What is the matter with a repository's disk now; null where models can be stored.
   *
   * @param minFree bytes that are to be free
   */
  static @Nullable StorageFault now(Path root, long minFree) {
    try {
      if (!Files.isDirectory(root)) {
        return StorageFault.MISSING;
      }
      if (!Files.isWritable(root)) {
        return StorageFault.READ_ONLY;
      }
      return Files.getFileStore(root).getUsableSpace() < minFree ? StorageFault.FULL : null;
    } catch (IOException e) {
      return StorageFault.FAILED;
    }
  }

  /** The exception for a failure of the disk; how it failed goes to the log alone. */
  static RegistryException.StorageFailure failure(String doing, IOException failure, Path root) {
    StorageFault fault = of(failure, root);
    log.warn("{} ({}): {}", doing, fault, failure.toString());
    return new RegistryException.StorageFailure(doing, fault, failure);
  }
}

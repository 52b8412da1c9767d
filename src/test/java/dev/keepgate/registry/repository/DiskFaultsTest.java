package dev.keepgate.registry.repository;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.registry.StorageFault;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskFaultsTest {

  @TempDir private Path folder;

  @Test
  void faultsAreToldFromWhatTheSystemSays() {
    assertThat(DiskFaults.of(new IOException("No space left on device")))
        .isEqualTo(StorageFault.FULL);
    assertThat(DiskFaults.of(new FileSystemException("/a", null, "Disk quota exceeded")))
        .isEqualTo(StorageFault.FULL);
    assertThat(DiskFaults.of(new FileSystemException("/a", null, "Read-only file system")))
        .isEqualTo(StorageFault.READ_ONLY);
    assertThat(DiskFaults.of(new AccessDeniedException("/a"))).isEqualTo(StorageFault.READ_ONLY);
    assertThat(DiskFaults.of(new IOException("Input/output error"), folder))
        .isEqualTo(StorageFault.FAILED);
    assertThat(DiskFaults.now(folder, Long.MAX_VALUE)).isEqualTo(StorageFault.FULL);
  }
}

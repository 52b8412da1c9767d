package dev.keepgate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** A test on a server with an empty repository; test classes that share a server share it. */
public interface OwnRepository {

  @DynamicPropertySource
  static void repository(DynamicPropertyRegistry properties) throws IOException {
    Path folder = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "models-");
    properties.add("keepgate.repository.path", folder::toString);
  }
}

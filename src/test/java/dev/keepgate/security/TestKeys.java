package dev.keepgate.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.springframework.test.context.DynamicPropertyRegistry;

/** A file of keys: one of each role, named after it, and whatever a test adds. */
public final class TestKeys {

  static final Map<Role, ApiKey> BY_ROLE =
      Arrays.stream(Role.values()).collect(Collectors.toMap(role -> role, role -> ApiKey.mint()));

  private TestKeys() {}

  public static String text(Role role) {
    return Objects.requireNonNull(BY_ROLE.get(role)).text();
  }

  static Path write(Path file, String... further) throws IOException {
    return Files.writeString(file, ofEveryRole() + String.join("", further));
  }

  static String ofEveryRole() {
    return BY_ROLE.entrySet().stream()
        .map(key -> KeysFile.entry(key.getKey().label(), key.getValue(), List.of(key.getKey())))
        .collect(Collectors.joining("", "keys:\n", ""));
  }

  /** Makes the server of a test ask for these keys. */
  public static Path use(DynamicPropertyRegistry properties, String... further) throws IOException {
    Path folder = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "keys-");
    Path file = write(folder.resolve("keys.yml"), further);
    properties.add("keepgate.security.keys-file", file::toString);
    properties.add("keepgate.security.keys-reload", () -> "20ms");
    properties.add("keepgate.repository.path", folder.resolve("models")::toString);
    return file;
  }
}

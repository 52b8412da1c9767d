package dev.keepgate.security;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a file of keys where there is none, with one key that may do everything. */
final class FirstKey {

  private static final Logger log = LoggerFactory.getLogger(FirstKey.class);

  private static final String NAME = "first";
  private static final String FILE = "first-key";
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private FirstKey() {}

  /**
   * Makes the file if it is missing. The key's text is written first: a server that ends in
   * between, or starts at the same time, goes on with the same key.
   */
  static void createIfMissing(Path keysFile) {
    if (Files.exists(keysFile)) {
      return;
    }
    Path folder = keysFile.toAbsolutePath().normalize().getParent();
    if (folder == null) {
      throw new KeysFileException(keysFile, "is no file", "Name a file in a folder.");
    }
    Path text = folder.resolve(FILE);
    try {
      Files.createDirectories(folder);
      ApiKey key = key(folder, text);
      Path fresh = write(folder, "keys:\n" + KeysFile.entry(NAME, key, EnumSet.allOf(Role.class)));
      Files.move(fresh, keysFile, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new KeysFileException(
          keysFile,
          "cannot be made: " + e,
          "Let the server write there, or set keepgate.security.create-keys-file=false.");
    }
    log.info("Made {} with one key of all roles, whose text is in {}", keysFile, text);
  }

  private static ApiKey key(Path folder, Path text) throws IOException {
    ApiKey key = ApiKey.mint();
    Path fresh = write(folder, key.text() + "\n");
    try {
      // Whole, or not at all: a link takes no name that is taken.
      Files.createLink(text, fresh);
      return key;
    } catch (FileAlreadyExistsException e) {
      String known = Files.readString(text, StandardCharsets.UTF_8).strip();
      if (!ApiKey.isKey(known)) {
        throw new KeysFileException(
            text,
            "has no key, so it opens nothing",
            "Delete it, and a key is made at the next start.");
      }
      return new ApiKey(known);
    } finally {
      Files.delete(fresh);
    }
  }

  /** A file for its owner alone that is on the disk before anything is named after it. */
  private static Path write(Path folder, String content) throws IOException {
    Path fresh = Files.createTempFile(folder, ".first", ".tmp", OWNER_ONLY);
    return Files.writeString(fresh, content, StandardOpenOption.WRITE, StandardOpenOption.SYNC);
  }
}

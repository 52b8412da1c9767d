package dev.keepgate.security;

import java.nio.file.Path;

/** A file of keys that cannot be used. */
final class KeysFileException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String remedy;

  KeysFileException(Path file, String fault, String remedy) {
    super("the keys file %s: %s".formatted(file, fault));
    this.remedy = remedy;
  }

  String remedy() {
    return remedy;
  }
}

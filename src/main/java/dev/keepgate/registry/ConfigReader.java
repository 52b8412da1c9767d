package dev.keepgate.registry;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;

/** Reads a {@code config.json}. */
@FunctionalInterface
public interface ConfigReader {

  /**
   * @throws ImportException if the JSON is damaged or says something that is not understood
   */
  ImportConfig read(byte[] json) throws ImportException;
}

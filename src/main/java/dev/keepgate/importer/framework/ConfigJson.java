package dev.keepgate.importer.framework;

import dev.keepgate.importer.ImportException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads JSON as Python and Java frameworks write it: with NaN and Infinity. */
public final class ConfigJson {

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  private ConfigJson() {}

  /**
   * Parses a document.
   *
   * @param what it is, for the message
   * @throws ImportException if it is not JSON
   */
  public static JsonNode parse(String what, byte[] json) throws ImportException {
    try {
      return JSON.readTree(json);
    } catch (JacksonException e) {
      throw ImportException.malformed(what + " is not JSON: " + e.getOriginalMessage());
    }
  }
}

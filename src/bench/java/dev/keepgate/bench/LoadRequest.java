package dev.keepgate.bench;

import java.util.Map;

/** A POST request that a load sends again and again. */
record LoadRequest(String path, Map<String, String> headers, byte[] body) {

  /** A request whose answer is of the same media type. */
  static LoadRequest of(String path, String mediaType, byte[] body) {
    return new LoadRequest(path, Map.of("Content-Type", mediaType, "Accept", mediaType), body);
  }
}

package dev.keepgate.api.oip;

import dev.keepgate.api.tensor.TensorFormatException;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelRequest;

/** Names and versions as the protocol writes them. */
final class OipModelPath {

  private OipModelPath() {}

  /**
   * @param version a number; empty for the highest that is available
   * @throws TensorFormatException if no model can have that name or version
   */
  static ModelRequest request(String name, String version) {
    if (!ModelId.isName(name)) {
      throw new TensorFormatException("/model_name", "'" + name + "' is no name of a model");
    }
    if (version.isEmpty()) {
      return ModelRequest.latest(name);
    }
    if (!version.matches("[1-9][0-9]{0,17}")) {
      throw new TensorFormatException("/model_version", "a version is a whole number from 1");
    }
    return ModelRequest.specific(name, Long.parseLong(version));
  }
}

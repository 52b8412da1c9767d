package dev.keepgate.api.oip;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.tensor.TensorFormatException;

/** Names and versions as the protocol writes them. */
public final class OipModelPath {

  private OipModelPath() {}

  /**
   * @param version a number or a label; empty for the one labelled stable, or else the highest that
   *     is available
   * @throws TensorFormatException if no model can have that name or version
   */
  public static ModelRequest request(String name, String version) {
    if (!ModelId.isName(name)) {
      throw new TensorFormatException("/model_name", "'" + name + "' is no name of a model");
    }
    if (version.isEmpty()) {
      return ModelRequest.latest(name);
    }
    if (ModelId.isLabel(version)) {
      return new ModelRequest.Labelled(name, version);
    }
    long number =
        ModelId.parseVersion(version)
            .orElseThrow(
                () ->
                    new TensorFormatException(
                        "/model_version", ModelId.VERSION_RULE + "; " + ModelId.LABEL_RULE));
    return ModelRequest.specific(name, number);
  }
}

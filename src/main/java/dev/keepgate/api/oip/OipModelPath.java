package dev.keepgate.api.oip;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.tensor.TensorFormatException;

/** Names and versions as the protocol writes them. */
public final class OipModelPath {

  private OipModelPath() {}

  /**
   * @param version a number or a label; empty for the one labelled stable, or else the highest that
   *     is available, less the shares of labels that have a weight
   * @throws TensorFormatException if no model can have that name or version
   */
  public static ModelRequest request(String name, String version) {
    return request(name, version, Double.NaN);
  }

  /**
   * The same of a request that does not have its share drawn.
   *
   * @param point where in [0, 1) of the shares it falls; 1 for no label's
   */
  public static ModelRequest request(String name, String version, double point) {
    if (!ModelId.isName(name)) {
      throw new TensorFormatException("/model_name", "'" + name + "' is no name of a model");
    }
    if (version.isEmpty()) {
      return new ModelRequest.Latest(name, point);
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

package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Activation;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The release of Keras that wrote a file: some names changed their meaning. */
record KerasVersion(int major, int minor) {

  private static final Pattern VERSION = Pattern.compile("(\\d{1,3})\\.(\\d{1,4}).*");

  /**
   * Reads a version such as {@code 2.2.4-tf}.
   *
   * @throws ImportException if it is none, or older than 2
   */
  static KerasVersion parse(String text) throws ImportException {
    Matcher version = VERSION.matcher(text);
    if (!version.matches()) {
      throw ImportException.malformed("'" + text + "' is no version of Keras");
    }
    KerasVersion parsed =
        new KerasVersion(
            Integer.parseInt(String.valueOf(version.group(1))),
            Integer.parseInt(String.valueOf(version.group(2))));
    if (parsed.major < 2) {
      throw ImportException.unsupported(
          "keras_version", "%s is too old; load and save the model with Keras 2".formatted(text));
    }
    return parsed;
  }

  Activation hardSigmoid() {
    return major >= 3 ? Activation.HARD_SIGMOID_SIXTH : Activation.HARD_SIGMOID_FIFTH;
  }

  /** Of the gates, where a file does not say. */
  Activation recurrentActivation() {
    return major == 2 && minor < 3 ? hardSigmoid() : Activation.SIGMOID;
  }
}

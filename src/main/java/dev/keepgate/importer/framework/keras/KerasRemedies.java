package dev.keepgate.importer.framework.keras;

/** What to do about layers that are not computed here. */
final class KerasRemedies {

  private KerasRemedies() {}

  static String of(KerasLayer layer) {
    return switch (layer.className()) {
      case "Lambda" ->
          "is code, which is never run; say it in layers: x[:, -1, :] is return_sequences=False or"
              + " Cropping1D and Flatten, a factor is Rescaling, a mean is GlobalAveragePooling1D,"
              + " a new axis is Reshape";
      case "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D" ->
          "is not computed here; TimeDistributed(Dense) or Conv1D before an LSTM is";
      case "Conv2D", "MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D" ->
          "works on images; of sequences there is the same in one dimension, such as Conv1D";
      case "Conv1DTranspose" -> "is not computed here; UpSampling1D and Conv1D are";
      default -> "is not supported";
    };
  }
}

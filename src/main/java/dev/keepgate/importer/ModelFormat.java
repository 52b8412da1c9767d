package dev.keepgate.importer;

import java.util.Arrays;
import java.util.Optional;

/** The file formats that models come in, by the names that requests use. */
public enum ModelFormat {
  SAFETENSORS("safetensors"),
  NPZ("npz"),
  PYTORCH("pt"),
  KERAS("keras"),
  HDF5("h5"),
  ONNX("onnx"),
  TENSORFLOW_CHECKPOINT("tf-checkpoint"),
  DL4J("dl4j");

  private final String id;

  ModelFormat(String id) {
    this.id = id;
  }

  public String id() {
    return id;
  }

  public static Optional<ModelFormat> of(String id) {
    return Arrays.stream(values()).filter(format -> format.id.equals(id)).findFirst();
  }
}

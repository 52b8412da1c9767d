package dev.keepgate.importer.framework.preprocessing;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.file.pickle.PythonObject;
import dev.keepgate.importer.framework.dl4j.Dl4jNormalizer;
import dev.keepgate.importer.framework.sklearn.SklearnScaler;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.Scaler;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A scaler as a file has it: scikit-learn's, by pickle or joblib, DL4J's {@code normalizer.bin}, or
 * JSON of a mean and a scale, or of a minimum, a maximum and a range.
 *
 * @param scaler what the inputs are scaled by
 * @param target what the outputs are scaled by, where the file says; null where it does not
 */
public record ScalerFile(Scaler scaler, @Nullable Scaler target) {

  /**
   * Reads a scaler, whose form the bytes tell.
   *
   * @param file all its bytes
   * @throws ImportException that names what is not read, and what to send instead
   */
  public static ScalerFile read(byte[] file, ImportLimits limits) throws ImportException {
    return read("scaler", file, limits);
  }

  /**
   * Reads a scaler, whose form the bytes tell.
   *
   * @param part what the messages call it, such as {@code target_scaler}
   */
  public static ScalerFile read(String part, byte[] file, ImportLimits limits)
      throws ImportException {
    if (Dl4jNormalizer.recognizes(file)) {
      Dl4jNormalizer normalizer = Dl4jNormalizer.read(file, limits);
      return new ScalerFile(normalizer.features(), normalizer.labels());
    }
    SideFile side = SideFile.read(part, file, limits);
    try {
      if (side.value() instanceof PythonObject object) {
        return new ScalerFile(SklearnScaler.read(object), null);
      }
      if (side.value() instanceof Map<?, ?> fields) {
        return new ScalerFile(new ScalerFields(side, fields).read(), null);
      }
    } catch (InconsistentModelException e) {
      throw ImportException.unsupported(part, String.valueOf(e.getMessage()));
    }
    throw side.unsupported(
        "holds no scaler; what is read are those of scikit-learn as pickle.dump or joblib.dump"
            + " write them, DL4J's normalizer.bin, and JSON: {\"mean\": [...], \"scale\": [...]} or"
            + " {\"min\": [...], \"max\": [...], \"range\": [0, 1]}");
  }
}

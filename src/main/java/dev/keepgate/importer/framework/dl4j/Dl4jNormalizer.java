package dev.keepgate.importer.framework.dl4j;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.Scaler;
import dev.keepgate.model.ScalerStep.Add;
import dev.keepgate.model.ScalerStep.Divide;
import dev.keepgate.model.ScalerStep.Multiply;
import dev.keepgate.model.ScalerStep.Subtract;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code NormalizerSerializer} writes, as {@code normalizer.bin}: a NormalizerStandardize or a
 * NormalizerMinMaxScaler. ND4J computes them in the precision of the data; here it is double.
 *
 * @param features what the inputs are scaled by
 * @param labels what the outputs are scaled by; null if they were not
 */
public record Dl4jNormalizer(Scaler features, @Nullable Scaler labels) {

  private static final String FILE = "normalizer.bin";

  /** A string is its length in two bytes, then its characters. */
  private static final byte[] MAGIC = "\0\nNORMALIZER".getBytes(StandardCharsets.ISO_8859_1);

  private static final String REMEDY =
      "; what is read are NormalizerStandardize and NormalizerMinMaxScaler, and JSON: {\"mean\":"
          + " [...], \"std\": [...]} or {\"min\": [...], \"max\": [...], \"range\": [0, 1]}";

  /** Whether the bytes begin as such a file does. */
  public static boolean recognizes(byte[] file) {
    return file.length >= MAGIC.length
        && Arrays.equals(file, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
  }

  /**
   * Reads a normalizer.
   *
   * @throws ImportException if it is damaged, or of another kind
   */
  public static Dl4jNormalizer read(byte[] file, ImportLimits limits) throws ImportException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(file));
    int max = Math.min(limits.maxHeaderBytes(), file.length) / 2;
    try {
      in.readUTF();
      int version = in.readInt();
      String kind = in.readUTF();
      if (version != 1) {
        throw ImportException.unsupported(FILE, "has the version %d%s".formatted(version, REMEDY));
      }
      Dl4jNormalizer normalizer =
          switch (kind) {
            case "STANDARDIZE" -> standardize(in, max);
            case "MIN_MAX" -> minMax(in, max);
            default ->
                throw ImportException.unsupported(
                    FILE,
                    "holds a normalizer of the kind %s%s"
                        .formatted(kind.substring(0, Math.min(64, kind.length())), REMEDY));
          };
      if (in.read() >= 0) {
        throw ImportException.malformed(FILE, "goes on behind its normalizer");
      }
      return normalizer;
    } catch (IOException e) {
      throw ImportException.malformed(FILE, "is damaged: " + e.getMessage());
    } catch (InconsistentModelException e) {
      throw ImportException.unsupported(FILE, e.getMessage() + REMEDY);
    }
  }

  private static Dl4jNormalizer standardize(DataInputStream in, int max)
      throws IOException, ImportException {
    boolean hasLabels = in.readBoolean();
    Scaler features = standard(in, max);
    return new Dl4jNormalizer(features, hasLabels ? standard(in, max) : null);
  }

  private static Scaler standard(DataInputStream in, int max) throws IOException, ImportException {
    double[] mean = Dl4jParameters.array(FILE, in, max);
    double[] std = same(mean, Dl4jParameters.array(FILE, in, max));
    return Scaler.ofColumns(
        mean.length, i -> List.of(new Subtract(mean[i]), new Divide(std[i] == 0 ? 1 : std[i])));
  }

  private static Dl4jNormalizer minMax(DataInputStream in, int max)
      throws IOException, ImportException {
    boolean hasLabels = in.readBoolean();
    double from = in.readDouble();
    double to = in.readDouble();
    Scaler features = range(in, max, from, to);
    return new Dl4jNormalizer(features, hasLabels ? range(in, max, from, to) : null);
  }

  private static Scaler range(DataInputStream in, int max, double from, double to)
      throws IOException, ImportException {
    double[] lower = Dl4jParameters.array(FILE, in, max);
    double[] upper = same(lower, Dl4jParameters.array(FILE, in, max));
    return Scaler.ofColumns(
        lower.length,
        i ->
            List.of(
                new Subtract(lower[i]),
                new Divide(upper[i] - lower[i]),
                new Multiply(to - from),
                new Add(from)));
  }

  private static double[] same(double[] first, double[] second) throws ImportException {
    if (first.length != second.length) {
      throw ImportException.malformed(
          FILE, "has %d numbers, and %d beside them".formatted(first.length, second.length));
    }
    return second;
  }
}

package dev.keepgate.importer.framework.preprocessing;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.SideFiles;
import dev.keepgate.importer.SideReader;
import dev.keepgate.model.Labels;
import dev.keepgate.model.Scaler;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads the scalers and labels that lie beside a model. */
public final class PreprocessingFiles implements SideReader {

  /** More than any scaler takes, whatever a model's own file may. */
  private static final int MAX_BYTES = 64 << 20;

  @Override
  public Side read(SideFiles files, ImportLimits limits) throws IOException, ImportException {
    ScalerFile scaler = scaler(SideFiles.SCALER, files, limits);
    ScalerFile target = scaler(SideFiles.TARGET_SCALER, files, limits);
    Path names = files.paths().get(SideFiles.LABELS);
    Labels labels = names == null ? null : LabelsFile.read(bytes(SideFiles.LABELS, names), limits);
    Scaler own = scaler == null ? null : scaler.target();
    return new Side(
        scaler == null ? null : scaler.scaler(), target == null ? own : target.scaler(), labels);
  }

  private static @Nullable ScalerFile scaler(String part, SideFiles files, ImportLimits limits)
      throws IOException, ImportException {
    Path path = files.paths().get(part);
    return path == null ? null : ScalerFile.read(part, bytes(part, path), limits);
  }

  private static byte[] bytes(String part, Path path) throws IOException, ImportException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw ImportException.tooLarge("%s is larger than %,d bytes".formatted(part, MAX_BYTES));
      }
      return bytes;
    }
  }
}

package dev.keepgate.importer.framework.preprocessing;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.SideFiles;
import dev.keepgate.importer.SideReader;
import dev.keepgate.model.Labels;
import dev.keepgate.model.Scaler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads the scalers and labels that lie beside a model. */
public final class PreprocessingFiles implements SideReader {

  @Override
  public Side read(SideFiles files, ImportLimits limits) throws IOException, ImportException {
    ScalerFile scaler = scaler(SideFiles.SCALER, files, limits);
    ScalerFile target = scaler(SideFiles.TARGET_SCALER, files, limits);
    Path names = files.paths().get(SideFiles.LABELS);
    Labels labels =
        names == null ? null : LabelsFile.read(bytes(SideFiles.LABELS, names, limits), limits);
    Scaler own = scaler == null ? null : scaler.target();
    return new Side(
        scaler == null ? null : scaler.scaler(), target == null ? own : target.scaler(), labels);
  }

  private static @Nullable ScalerFile scaler(String part, SideFiles files, ImportLimits limits)
      throws IOException, ImportException {
    Path path = files.paths().get(part);
    return path == null ? null : ScalerFile.read(part, bytes(part, path, limits), limits);
  }

  /** All of a file, which is as small as a model's header, whatever the model's own may be. */
  private static byte[] bytes(String part, Path path, ImportLimits limits)
      throws IOException, ImportException {
    long size = Files.size(path);
    if (size > limits.maxHeaderBytes()) {
      throw ImportException.tooLarge(
          "%s has %,d bytes, of at most %,d".formatted(part, size, limits.maxHeaderBytes()));
    }
    return Files.readAllBytes(path);
  }
}

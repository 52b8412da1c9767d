package dev.keepgate.importer.framework.preprocessing;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.SideFiles;
import dev.keepgate.importer.SideReader;
import dev.keepgate.model.Scaler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads what lies beside a model. */
public final class PreprocessingFiles implements SideReader {

  @Override
  public Side read(SideFiles files, ImportLimits limits) throws IOException, ImportException {
    ScalerFile scaler = scaler(SideFiles.SCALER, files, limits);
    ScalerFile target = scaler(SideFiles.TARGET_SCALER, files, limits);
    byte[] labels = bytes(SideFiles.LABELS, files, limits);
    byte[] threshold = bytes(SideFiles.THRESHOLD, files, limits);
    byte[] vocabulary = bytes(SideFiles.VOCABULARY, files, limits);
    byte[] expected = bytes(SideFiles.EXPECTED, files, limits.expected().maxBytes());
    Scaler own = scaler == null ? null : scaler.target();
    return new Side(
        scaler == null ? null : scaler.scaler(),
        target == null ? own : target.scaler(),
        labels == null ? null : LabelsFile.read(labels, limits),
        threshold == null ? null : ThresholdFile.read(threshold, limits),
        vocabulary == null ? null : VocabularyFile.read(vocabulary, limits),
        expected == null ? null : ExpectedFile.read(expected, limits));
  }

  private static @Nullable ScalerFile scaler(String part, SideFiles files, ImportLimits limits)
      throws IOException, ImportException {
    byte[] bytes = bytes(part, files, limits);
    return bytes == null ? null : ScalerFile.read(part, bytes, limits);
  }

  /**
   * All of a file, which is as small as a model's header, whatever the model's own may be; null
   * where there is none.
   */
  private static byte @Nullable [] bytes(String part, SideFiles files, ImportLimits limits)
      throws IOException, ImportException {
    return bytes(part, files, limits.maxHeaderBytes());
  }

  private static byte @Nullable [] bytes(String part, SideFiles files, int limit)
      throws IOException, ImportException {
    Path path = files.paths().get(part);
    if (path == null) {
      return null;
    }
    long size = Files.size(path);
    if (size > limit) {
      throw ImportException.tooLarge(
          "%s has %,d bytes, of at most %,d".formatted(part, size, limit));
    }
    return Files.readAllBytes(path);
  }
}

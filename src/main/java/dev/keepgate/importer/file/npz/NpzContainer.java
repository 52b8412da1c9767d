package dev.keepgate.importer.file.npz;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.ModelFormat;
import dev.keepgate.importer.file.TensorContainer;
import dev.keepgate.importer.file.TensorFile;
import dev.keepgate.importer.file.archive.ZipFiles;
import java.io.IOException;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** NumPy's npz format: a zip of one npy file a tensor. */
public final class NpzContainer implements TensorContainer {

  @Override
  public ModelFormat format() {
    return ModelFormat.NPZ;
  }

  @Override
  public boolean recognizes(ModelFiles files) throws IOException {
    try (ZipFile zip = ZipFiles.open(files.first())) {
      return zip.size() > 0 && zip.stream().allMatch(entry -> entry.getName().endsWith(".npy"));
    } catch (ZipException e) {
      return false;
    }
  }

  @Override
  public TensorFile open(ModelFiles files, ImportLimits limits)
      throws IOException, ImportException {
    return NpzFile.open(files.only(), limits);
  }
}

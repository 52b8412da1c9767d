package dev.keepgate.importer.file.npz;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.ModelFormat;
import dev.keepgate.importer.ZipFiles;
import dev.keepgate.importer.tensor.TensorConvention;
import dev.keepgate.importer.tensor.TensorFile;
import dev.keepgate.importer.tensor.TensorFileImporter;
import java.io.IOException;
import java.util.List;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** Reads NumPy's npz files: a zip of one npy file a tensor. */
public final class NpzImporter extends TensorFileImporter {

  public NpzImporter(List<TensorConvention> conventions) {
    super(conventions);
  }

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
  protected TensorFile open(ModelFiles files, ImportLimits limits)
      throws IOException, ImportException {
    return NpzFile.open(files.first(), limits);
  }
}

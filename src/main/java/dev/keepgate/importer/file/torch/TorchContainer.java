package dev.keepgate.importer.file.torch;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.ModelFormat;
import dev.keepgate.importer.file.Shards;
import dev.keepgate.importer.file.TensorContainer;
import dev.keepgate.importer.file.TensorFile;
import dev.keepgate.importer.file.archive.ZipFiles;
import dev.keepgate.importer.file.pickle.PickleBounds;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** The format of {@code torch.save} for a state dict: its zip, and the older pickles in a row. */
public final class TorchContainer implements TensorContainer {

  @Override
  public ModelFormat format() {
    return ModelFormat.PYTORCH;
  }

  /** A zip with a {@code data.pkl}; or a bare pickle, so that what it lacks can be told. */
  @Override
  public boolean recognizes(ModelFiles files) throws IOException {
    Path path = files.first();
    if (!isZip(path)) {
      return LegacyTorchFile.recognizes(path);
    }
    try (ZipFile zip = ZipFiles.open(path)) {
      return pickle(zip).isPresent();
    } catch (ZipException e) {
      return false;
    }
  }

  @Override
  public TensorFile open(ModelFiles files, ImportLimits limits)
      throws IOException, ImportException {
    return Shards.of(files, this::recognizes).open(path -> open(path, limits), limits);
  }

  private static TensorFile open(Path path, ImportLimits limits)
      throws IOException, ImportException {
    try {
      return isZip(path) ? openZip(path, limits) : LegacyTorchFile.open(path, limits);
    } catch (ZipException | EOFException e) {
      throw ImportException.malformed("the file of torch.save is damaged: " + e.getMessage());
    }
  }

  private static boolean isZip(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return in.read() == 'P' && in.read() == 'K';
    }
  }

  private static Optional<? extends ZipEntry> pickle(ZipFile zip) {
    return zip.stream()
        .filter(
            entry ->
                entry.getName().equals(ZipStorages.PICKLE)
                    || entry.getName().endsWith("/" + ZipStorages.PICKLE))
        .findFirst();
  }

  private static TensorFile openZip(Path path, ImportLimits limits)
      throws IOException, ImportException {
    ZipFile zip = ZipFiles.open(path);
    try {
      String pickle =
          pickle(zip)
              .map(ZipEntry::getName)
              .orElseThrow(() -> ImportException.malformed("the zip has no data.pkl"));
      ZipStorages storages =
          new ZipStorages(
              zip, pickle.substring(0, pickle.length() - ZipStorages.PICKLE.length()), limits);
      if (storages.isScript()) {
        throw ImportException.unsupported(
            "code",
            "the file is a TorchScript archive, whose code is never run; send its weights:"
                + " torch.save(torch.jit.load(\"model.pt\").state_dict(), \"weights.pt\")");
      }
      if (storages.isBigEndian()) {
        throw ImportException.unsupported("byteorder", "the numbers are big-endian");
      }
      try (InputStream in = storages.pickle()) {
        Object saved = PickleBounds.of(limits).read(in, new TorchObjects());
        return new TorchFile(storages, StateDict.in(saved), limits);
      }
    } catch (IOException | ImportException | RuntimeException e) {
      zip.close();
      throw e;
    }
  }
}

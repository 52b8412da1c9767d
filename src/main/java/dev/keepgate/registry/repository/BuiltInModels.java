package dev.keepgate.registry.repository;

import dev.keepgate.model.ModelId;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The models that come with the server, as resources: {@code models/<model>/<version>/}. One that a
 * client removed is on record in the repository, as an empty file {@code
 * .removed-built-in/<model>/<version>}.
 */
public final class BuiltInModels {

  /** All of them: the LSTM notebook's cell, its sequence, and two of its cells stacked. */
  public static final List<ModelId> IDS =
      List.of(
          new ModelId("notebook-cell", 1),
          new ModelId("notebook-sequence", 1),
          new ModelId("notebook-stacked", 1));

  private static final String FILE = "model.safetensors";
  private static final String REMOVED = ".removed-built-in";

  private BuiltInModels() {}

  /** Whether a client removed it, from this repository. */
  public static boolean isRemoved(Path root, ModelId id) {
    return Files.exists(removal(root, id));
  }

  /** Puts a removal on record, durably; of any other model than these there is none to be kept. */
  static void recordRemoval(Path root, ModelId id) throws IOException {
    if (!IDS.contains(id) || isRemoved(root, id)) {
      return;
    }
    Path records = root.resolve(REMOVED);
    Files.createDirectories(records.resolve(id.name()));
    Files.write(removal(root, id), new byte[0]);
    Disk.syncTree(records);
    Disk.syncFolder(root);
  }

  private static Path removal(Path root, ModelId id) {
    return root.resolve(REMOVED).resolve(id.name()).resolve(Long.toString(id.version()));
  }

  /** Copies a model to the disk, as importers want it, until the upload is closed. */
  public static UploadFolder unpack(ModelId id) throws IOException {
    String resource = "/models/" + id + "/" + FILE;
    Path folder = Files.createTempDirectory("keepgate-");
    UploadFolder upload = new UploadFolder(folder, folder);
    try (InputStream in = BuiltInModels.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new FileNotFoundException(resource);
      }
      try (OutputStream out = upload.newFile(FILE)) {
        in.transferTo(out);
      }
      return upload;
    } catch (Throwable e) {
      upload.close();
      throw e;
    }
  }
}

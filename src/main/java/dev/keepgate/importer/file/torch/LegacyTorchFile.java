package dev.keepgate.importer.file.torch;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.file.TensorFile;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Opens the pickles in a row of {@code torch.save} before 1.6: a magic number, a version, what the
 * machine was, the saved object, and the keys of the storages that follow.
 */
final class LegacyTorchFile {

  /** Pickle of the magic number, which is 0x1950a86a20f9469cfc6c. */
  private static final byte[] MAGIC = HexFormat.of().parseHex("80028a0a6cfc9c46f9206aa850192e");

  private LegacyTorchFile() {}

  /** Whether it is a pickle at all. */
  static boolean recognizes(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] start = in.readNBytes(2);
      return start.length == 2 && start[0] == (byte) 0x80 && start[1] >= 2 && start[1] <= 5;
    }
  }

  static TensorFile open(Path path, ImportLimits limits) throws IOException, ImportException {
    PickleBounds bounds = PickleBounds.of(limits);
    try (InputStream file = new BufferedInputStream(Files.newInputStream(path))) {
      file.mark(MAGIC.length);
      boolean isTorch = Arrays.equals(file.readNBytes(MAGIC.length), MAGIC);
      file.reset();
      PickleInput in = new PickleInput(file, bounds.bytes());
      bounds.read(in);
      if (!isTorch) {
        throw ImportException.unsupported("pickle", "was not written by torch.save");
      }
      bounds.read(in);
      if (bounds.read(in).value() instanceof Map<?, ?> machine
          && Boolean.FALSE.equals(machine.get("little_endian"))) {
        throw ImportException.unsupported("little_endian", "the numbers are big-endian");
      }
      Unpickler.Pickled saved = bounds.read(in);
      List<?> keys = PickleData.cast(bounds.read(in).value(), List.class);
      LegacyStorages storages = new LegacyStorages(path);
      storages.locate(in.position(), keys, saved.storages());
      return new TorchFile(storages, StateDict.in(saved.value()), limits);
    }
  }
}

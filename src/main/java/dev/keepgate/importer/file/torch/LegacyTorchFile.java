package dev.keepgate.importer.file.torch;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.file.TensorFile;
import dev.keepgate.importer.file.pickle.PickleBounds;
import dev.keepgate.importer.file.pickle.PickleInput;
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

  /** Pickle of the magic number, which is 0x1950a86a20f9469cfc6c, behind protocol and frame. */
  private static final byte[] MAGIC = HexFormat.of().parseHex("8a0a6cfc9c46f9206aa850192e");

  private static final int PROTOCOL = 2;
  private static final int FRAME = 9;

  private LegacyTorchFile() {}

  /** Whether it is a pickle at all. */
  static boolean recognizes(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] start = in.readNBytes(2);
      return start.length == 2 && start[0] == (byte) 0x80 && start[1] >= 2 && start[1] <= 5;
    }
  }

  private static boolean isMagic(byte[] start, int from) {
    int end = from + MAGIC.length;
    return start.length >= end && Arrays.equals(start, from, end, MAGIC, 0, MAGIC.length);
  }

  static TensorFile open(Path path, ImportLimits limits) throws IOException, ImportException {
    PickleBounds bounds = PickleBounds.of(limits);
    try (InputStream file = new BufferedInputStream(Files.newInputStream(path))) {
      file.mark(PROTOCOL + FRAME + MAGIC.length);
      byte[] start = file.readNBytes(PROTOCOL + FRAME + MAGIC.length);
      file.reset();
      boolean isTorch = isMagic(start, PROTOCOL) || isMagic(start, PROTOCOL + FRAME);
      if (!isTorch) {
        throw ImportException.unsupported("pickle", OtherPickles.describe(file));
      }
      PickleInput in = new PickleInput(file, bounds.bytes());
      TorchObjects objects = new TorchObjects();
      bounds.read(in, objects);
      bounds.read(in, objects);
      if (bounds.read(in, objects) instanceof Map<?, ?> machine
          && Boolean.FALSE.equals(machine.get("little_endian"))) {
        throw ImportException.unsupported("little_endian", "the numbers are big-endian");
      }
      Object saved = bounds.read(in, objects);
      List<?> keys = PickleData.cast(bounds.read(in, objects), List.class);
      LegacyStorages storages = new LegacyStorages(path);
      storages.locate(in.position(), keys, objects.storages());
      return new TorchFile(storages, StateDict.in(saved), limits);
    }
  }
}

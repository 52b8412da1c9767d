package dev.keepgate.importer.file.pickle;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Reads what {@code pickle.dump} and {@code joblib.dump} wrote: one value, perhaps compressed. */
public final class PickleFile {

  /** Bounds the objects that are made to some 150 MB. */
  private static final int MAX_OPCODES = 2_000_000;

  private static final int SAMPLE = 512;

  /** How protocols 0 and 1 begin, which have no mark: with a name, a list, a dict or a number. */
  private static final Pattern UNMARKED =
      Pattern.compile(
          "(c[\\w.]+\\n[\\w.]+\\n|\\([ld](p0)?\\n|\\([ld]\\.|[\\]}]q\\x00|[\\]}]\\.|F[-+.\\deinfa]+\\n\\."
              + "|I\\d+\\n\\.|G.{8}\\.$|\\(i[\\w.]+\\n[\\w.]+\\n).*",
          Pattern.DOTALL);

  private PickleFile() {}

  /** Whether the bytes begin as a pickle does, or as one that is compressed. */
  public static boolean recognizes(byte[] file) {
    return Compression.of(file) != Compression.NONE || isPickle(file);
  }

  private static boolean isPickle(byte[] file) {
    if (file.length >= 2 && file[0] == (byte) 0x80 && file[1] >= 0 && file[1] <= 5) {
      return true;
    }
    String start = new String(file, 0, Math.min(file.length, SAMPLE), StandardCharsets.ISO_8859_1);
    return file.length > 1 && file[file.length - 1] == '.' && UNMARKED.matcher(start).matches();
  }

  /**
   * Reads the value, which is data: nothing that the file names is run.
   *
   * @return as {@link PickleObjects} tells; or a {@link PythonObject}, a {@link NumpyArray}, a
   *     {@link PythonSlice}
   * @throws ImportException if it is damaged, needs a name that is not on the list, or unpacks to
   *     more than {@code limits.maxHeaderBytes()}
   */
  public static Object read(byte[] file, ImportLimits limits) throws ImportException {
    PickleBounds bounds = new PickleBounds(limits.maxHeaderBytes(), MAX_OPCODES);
    Compression compression = Compression.of(file);
    try (InputStream in = new BufferedInputStream(compression.open(file))) {
      Object value = bounds.read(in, new PythonObjects(bounds));
      // The end is where checksums are held against what was unpacked.
      if (in.read() >= 0) {
        throw ImportException.unsupported(
            "pickle", "the file goes on behind its first value; dump one value a file");
      }
      return value;
    } catch (IOException e) {
      throw ImportException.malformed(
          compression == Compression.NONE
              ? "the pickle is damaged: " + e.getMessage()
              : "the file of joblib.dump is damaged, compressed by %s: %s"
                  .formatted(compression.method(), e.getMessage()));
    }
  }
}

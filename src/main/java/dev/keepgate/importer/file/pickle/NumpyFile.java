package dev.keepgate.importer.file.pickle;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what {@code numpy.save} wrote: numbers, strings, or objects that lie in a pickle. */
public final class NumpyFile {

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  /** The header is a Python dict literal of three known keys, which is matched, never evaluated. */
  private static final Pattern HEADER =
      Pattern.compile(
          "\\{'descr': '([<>|=]?\\w{1,10})', 'fortran_order': (True|False),"
              + " 'shape': \\(([0-9, ]{0,200})\\),? *\\}\\s*");

  private NumpyFile() {}

  /** Whether the bytes begin as such a file does. */
  public static boolean recognizes(byte[] file) {
    return file.length > MAGIC.length
        && Arrays.equals(file, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
  }

  /**
   * Reads the array.
   *
   * @throws ImportException if it is damaged, or of more than numbers, strings or plain objects
   */
  public static NumpyArray read(byte[] file, ImportLimits limits) throws ImportException {
    int before = file.length > MAGIC.length && file[MAGIC.length] == 1 ? 10 : 12;
    if (!recognizes(file) || file.length < before) {
      throw ImportException.malformed("npy", "the file is cut short");
    }
    ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    long length = before == 10 ? bytes.getShort(8) & 0xffff : bytes.getInt(8) & 0xffffffffL;
    if (length > file.length - before) {
      throw ImportException.malformed("npy", "the file is cut short");
    }
    int end = before + (int) length;
    Matcher header = HEADER.matcher(new String(file, before, (int) length, StandardCharsets.UTF_8));
    if (!header.matches()) {
      throw ImportException.unsupported("npy", "its header is not that of a plain array");
    }
    NumpyType type = NumpyType.of(String.valueOf(header.group(1)));
    byte[] rest = Arrays.copyOfRange(file, end, file.length);
    if (type.isObject()) {
      if (PickleFile.read(rest, limits) instanceof NumpyArray array) {
        return array;
      }
      throw ImportException.malformed("npy", "the file's pickle holds no array");
    }
    NumpyArray array = new NumpyArray();
    array.set(shape(String.valueOf(header.group(3))), type, "True".equals(header.group(2)), rest);
    return array;
  }

  private static int[] shape(String text) throws ImportException {
    List<Object> sizes = new ArrayList<>();
    for (String size : text.split(",")) {
      if (!size.isBlank()) {
        sizes.add(TextValues.longInteger(size.strip()));
      }
    }
    return NumpyArray.sizes(sizes);
  }
}

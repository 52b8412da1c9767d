package dev.keepgate;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Model files made by hand: sound ones of any size, and damaged ones. */
public final class ModelBytes {

  private ModelBytes() {}

  /** One LSTM layer as PyTorch saves it, of small random numbers. */
  public static byte[] pytorch(int input, int hidden, long seed) {
    Random random = new Random(seed);
    int gates = 4 * hidden;
    Map<String, int[]> shapes = new TreeMap<>();
    shapes.put("weight_ih_l0", new int[] {gates, input});
    shapes.put("weight_hh_l0", new int[] {gates, hidden});
    shapes.put("bias_ih_l0", new int[] {gates});
    shapes.put("bias_hh_l0", new int[] {gates});
    ByteBuffer data =
        ByteBuffer.allocate(4 * gates * (input + hidden + 2)).order(ByteOrder.LITTLE_ENDIAN);
    float scale = (float) (1 / Math.sqrt(hidden));
    while (data.hasRemaining()) {
      data.putFloat((random.nextFloat() * 2 - 1) * scale);
    }
    return safetensors(shapes, data.array());
  }

  /** Tensors of these shapes, F32, one after the other. */
  public static byte[] safetensors(Map<String, int[]> shapes, byte[] data) {
    StringJoiner header = new StringJoiner(",", "{", "}");
    long offset = 0;
    for (Map.Entry<String, int[]> tensor : shapes.entrySet()) {
      StringJoiner shape = new StringJoiner(",", "[", "]");
      long end = 4;
      for (int size : tensor.getValue()) {
        shape.add(Integer.toString(size));
        end *= size;
      }
      end += offset;
      header.add(entry(tensor.getKey(), "F32", shape.toString(), offset, end));
      offset = end;
    }
    return safetensors(header.toString(), data);
  }

  /** One entry of a safetensors header. */
  public static String entry(String name, String type, String shape, long begin, long end) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
        .formatted(name, type, shape, begin, end);
  }

  /** A header and what follows it. */
  public static byte[] safetensors(String header, byte[] data) {
    return safetensors(header.length(), header, data);
  }

  /** A header that claims a length of its own choice. */
  public static byte[] safetensors(long claimed, String header, byte[] data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(claimed)
        .put(json)
        .put(data)
        .array();
  }

  /**
   * An array of an npz file.
   *
   * @param dict its description, as Python prints it
   * @param zeros so many bytes of data
   */
  public record Npy(String file, String dict, int zeros) {

    public static Npy of(String name, String type, String shape, int zeros) {
      return new Npy(
          name + ".npy",
          "{'descr': '%s', 'fortran_order': False, 'shape': (%s,), }".formatted(type, shape),
          zeros);
    }
  }

  public static byte[] npz(Npy... arrays) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Npy array : arrays) {
        zip.putNextEntry(new ZipEntry(array.file()));
        byte[] header = array.dict().getBytes(StandardCharsets.UTF_8);
        zip.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
        zip.write(header.length & 0xff);
        zip.write(header.length >> 8);
        zip.write(header);
        zip.write(new byte[array.zeros()]);
        zip.closeEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}

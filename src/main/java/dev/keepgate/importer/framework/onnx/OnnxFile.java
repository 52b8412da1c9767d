package dev.keepgate.importer.framework.onnx;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.file.protobuf.MessageReader;
import dev.keepgate.tensor.DataType;
import java.io.Closeable;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An ONNX file, open, with the files of weights beside it. Numbers are read when asked for. */
final class OnnxFile implements Closeable {

  private static final int CHUNK = 1 << 20;

  /**
   * Tags that a model begins with, before its graph: fields 1 to 8, 14, each with its wire type.
   */
  private static final Set<Integer> PREAMBLE =
      Set.of(0x08, 0x12, 0x1a, 0x22, 0x28, 0x32, 0x42, 0x72);

  private static final int GRAPH = 0x3a;

  private final ModelFiles files;
  private final Path path;
  private final ImportLimits limits;
  private final FileChannel channel;
  private final Map<String, FileChannel> beside = new HashMap<>();
  private final Set<String> read = new HashSet<>();
  private final OnnxGraph graph;
  private long bytesMade;

  private OnnxFile(ModelFiles files, Path path, ImportLimits limits, FileInputStream in)
      throws IOException, ImportException {
    this.files = files;
    this.path = path;
    this.limits = limits;
    this.channel = in.getChannel();
    this.graph = GraphReader.read(in, limits);
  }

  /** Refuses files that are neither the model's nor those that tensors are said to lie in. */
  void refuseOthers() throws ImportException {
    Set<String> names = new HashSet<>();
    for (OnnxTensor tensor : graph.constants().values()) {
      if (tensor.content() instanceof OnnxTensor.Content.External external) {
        names.add(plainName(external.location()));
      }
    }
    Set<Path> parts = new HashSet<>();
    for (Path file : files.paths()) {
      if (file.equals(path) || names.contains(ModelFiles.name(file))) {
        parts.add(file);
      }
    }
    files.requireUsed(parts);
  }

  private static String plainName(String location) {
    return location.startsWith("./") ? location.substring(2) : location;
  }

  static OnnxFile open(ModelFiles files, ImportLimits limits) throws IOException, ImportException {
    Path found = find(files);
    Path path = found == null ? files.first() : found;
    FileInputStream in = new FileInputStream(path.toFile());
    try {
      return new OnnxFile(files, path, limits, in);
    } catch (IOException | ImportException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  /** The file of several that begins as an ONNX model does; null where none does. */
  static @Nullable Path find(ModelFiles files) throws IOException {
    for (Path path : files.paths()) {
      if (beginsAsModel(path)) {
        return path;
      }
    }
    return null;
  }

  /** Whether a file has a model's fields up to its graph. */
  private static boolean beginsAsModel(Path path) throws IOException {
    try (FileInputStream in = new FileInputStream(path.toFile())) {
      MessageReader proto = MessageReader.of(in, in.getChannel().size(), 0);
      while (proto.next()) {
        int tag = proto.number() << 3 | proto.wireType();
        if (tag == GRAPH) {
          return true;
        }
        if (!PREAMBLE.contains(tag)) {
          return false;
        }
        proto.skip();
      }
      return false;
    } catch (InvalidProtocolBufferException e) {
      return false;
    }
  }

  OnnxGraph graph() {
    return graph;
  }

  /** Names of the initializers that were not read. */
  List<String> unread() {
    List<String> unread = new ArrayList<>(graph.constants().keySet());
    unread.removeAll(read);
    return unread;
  }

  /**
   * Counts numbers that are made.
   *
   * @throws ImportException if they are more than may be made of this file
   */
  void charge(long count) throws ImportException {
    bytesMade += count * Float.BYTES;
    if (bytesMade > limits.maxBytes()) {
      throw ImportException.tooLarge(
          "the weights need more than the %d bytes that are allowed".formatted(limits.maxBytes()));
    }
  }

  /** Begins to count anew, where what was made before is dropped. */
  void forget() {
    bytesMade = 0;
    read.clear();
  }

  /** Reads a tensor's numbers, row-major. */
  float[] floats(OnnxTensor tensor) throws IOException, ImportException {
    DataType type = type(tensor);
    ByteSource source = source(tensor, type);
    charge(tensor.count());
    float[] values = new float[tensor.count()];
    int perChunk = CHUNK / type.width();
    for (int done = 0; done < values.length; done += perChunk) {
      int count = Math.min(perChunk, values.length - done);
      type.toFloats(source.read((long) done * type.width(), count * type.width()), values, done);
    }
    requireFinite(tensor, values);
    return values;
  }

  /** Numbers are finite, but for a mask's, which are 0 and negative infinity. */
  private static void requireFinite(OnnxTensor tensor, float[] values) throws ImportException {
    boolean isMask = true;
    boolean isFinite = true;
    for (float value : values) {
      isFinite &= Float.isFinite(value);
      isMask &= value == 0 || value == Float.NEGATIVE_INFINITY;
    }
    if (!isFinite && !isMask) {
      throw ImportException.unsupported(tensor.name(), "holds a number that is not finite");
    }
  }

  /** Reads a tensor of few integers. */
  long[] integers(OnnxTensor tensor) throws IOException, ImportException {
    DataType type = type(tensor);
    ByteBuffer bytes = source(tensor, type).read(0, tensor.count() * type.width());
    long[] values = new long[tensor.count()];
    for (int i = 0; i < values.length; i++) {
      values[i] = type == DataType.I64 ? bytes.getLong() : bytes.getInt();
    }
    return values;
  }

  private static DataType type(OnnxTensor tensor) throws ImportException {
    if (tensor.type() == null) {
      throw ImportException.unsupported(
          tensor.name(), "its numbers are of a type that is not read");
    }
    return tensor.type();
  }

  private interface ByteSource {
    ByteBuffer read(long offset, int count) throws IOException, ImportException;
  }

  /** The bytes of a tensor, which are as many as its shape says. */
  private ByteSource source(OnnxTensor tensor, DataType type) throws IOException, ImportException {
    read.add(tensor.name());
    long needed = (long) tensor.count() * type.width();
    if (tensor.content() instanceof OnnxTensor.Content.Collected collected) {
      checkLength(tensor, needed, collected.bytes().length);
      return (offset, count) ->
          ByteBuffer.wrap(collected.bytes(), (int) offset, count).order(ByteOrder.LITTLE_ENDIAN);
    }
    if (tensor.content() instanceof OnnxTensor.Content.InFile inside) {
      checkLength(tensor, needed, inside.span().length());
      return at(channel, inside.span().begin());
    }
    OnnxTensor.Content.External external = (OnnxTensor.Content.External) tensor.content();
    FileChannel other = openExternal(tensor.name(), external.location());
    checkLength(tensor, needed, external.length() < 0 ? needed : external.length());
    if (needed > other.size() - external.offset()) {
      throw ImportException.malformed(
          "tensor '%s' ends behind the end of '%s'".formatted(tensor.name(), external.location()));
    }
    return at(other, external.offset());
  }

  private static ByteSource at(FileChannel channel, long begin) {
    return (offset, count) -> {
      ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, begin + offset + bytes.position()) < 0) {
          throw ImportException.malformed("the file ended early");
        }
      }
      return bytes.flip();
    };
  }

  private static void checkLength(OnnxTensor tensor, long needed, long there)
      throws ImportException {
    if (needed != there) {
      throw ImportException.malformed(
          "tensor '%s' of shape %s needs %d bytes and has %d"
              .formatted(tensor.name(), Arrays.toString(tensor.shape()), needed, there));
    }
  }

  /** Opens one of the model's own files, by its plain name; no path leads anywhere else. */
  private FileChannel openExternal(String tensor, String location)
      throws IOException, ImportException {
    FileChannel open = beside.get(location);
    if (open != null) {
      return open;
    }
    String name = plainName(location);
    for (Path file : files.paths()) {
      if (ModelFiles.name(file).equals(name)) {
        if (file.equals(path)) {
          throw ImportException.malformed(
              tensor, "its numbers are said to lie in '%s', the model itself".formatted(location));
        }
        FileChannel opened = FileChannel.open(file);
        beside.put(location, opened);
        return opened;
      }
    }
    throw ImportException.unsupported(
        tensor,
        ("its numbers are in '%s', which is not among the model's files; send it beside, with -F"
                + " file=@model.onnx -F file=@%s, or save all in one file: onnx.save(onnx.load("
                + "\"model.onnx\"), \"whole.onnx\")")
            .formatted(location, location));
  }

  @Override
  public void close() throws IOException {
    channel.close();
    for (FileChannel other : beside.values()) {
      other.close();
    }
  }
}

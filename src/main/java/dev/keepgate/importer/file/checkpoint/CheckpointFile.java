package dev.keepgate.importer.file.checkpoint;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.file.NaturalOrder;
import dev.keepgate.importer.file.StoredNumbers;
import dev.keepgate.importer.file.TensorBudget;
import dev.keepgate.importer.file.TensorFile;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.file.archive.BoundedInput;
import dev.keepgate.importer.file.protobuf.MessageReader;
import dev.keepgate.tensor.DataType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileSystemException;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;

/**
 * An open checkpoint in TensorFlow's tensor bundle format, versions 1 and 2 of TensorFlow alike.
 */
final class CheckpointFile implements TensorFile {

  /** Values of {@code types.proto}. */
  private static final Map<Integer, DataType> TYPES =
      Map.of(
          1, DataType.F32,
          2, DataType.F64,
          3, DataType.I32,
          4, DataType.U8,
          5, DataType.I16,
          6, DataType.I8,
          9, DataType.I64,
          10, DataType.U8,
          14, DataType.BF16,
          19, DataType.F16);

  /** What begins with an underscore is a second list of what others list in the model's order. */
  private static final Comparator<String> ORDER =
      Comparator.comparing((String name) -> name.startsWith("_"))
          .thenComparing(NaturalOrder.OF_NAMES);

  private final FileSet files;
  private final List<String> shards;
  private final Map<String, BundleEntry> entries = new LinkedHashMap<>();
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

  private CheckpointFile(FileSet files, List<String> shards) {
    this.files = files;
    this.shards = shards;
  }

  /** Opens the one checkpoint that is among the files. */
  static CheckpointFile open(FileSet files, ImportLimits limits)
      throws IOException, ImportException {
    BundleFiles bundle = BundleFiles.among(files);
    byte[] index;
    try (InputStream in = files.open(bundle.index(), 0)) {
      index = in.readNBytes((int) Math.min(Integer.MAX_VALUE - 8L, limits.maxHeaderBytes() + 1L));
    } catch (FileSystemException e) {
      throw e;
    } catch (IOException e) {
      throw damaged(bundle.index(), e);
    }
    if (index.length > limits.maxHeaderBytes()) {
      throw ImportException.tooLarge(
          "the checkpoint's index is larger than %d bytes".formatted(limits.maxHeaderBytes()));
    }
    SortedTable table = new SortedTable(index);
    List<String> shards = bundle.shards(shardCount(table));
    bundle.refuseOthers(shards);
    CheckpointFile file = new CheckpointFile(files, shards);
    Map<String, BundleEntry> variables = new TreeMap<>(ORDER);
    table.visit(
        (name, value) -> {
          // Keys of the slices of partitioned variables start with a zero byte.
          if (!name.isEmpty() && name.charAt(0) != 0) {
            variables.put(name, BundleEntry.read(name, MessageReader.of(value)));
          }
        });
    file.add(variables, limits);
    return file;
  }

  /** The entry of the empty name is {@code BundleHeaderProto}. */
  private static int shardCount(SortedTable table) throws IOException, ImportException {
    long[] count = {0};
    table.visit(
        (name, value) -> {
          if (name.isEmpty()) {
            count[0] = readHeader(MessageReader.of(value));
          }
        });
    if (count[0] < 1 || count[0] > BundleFiles.MAX_SHARDS) {
      throw ImportException.malformed(
          "the checkpoint's index claims %d shards".formatted(count[0]));
    }
    return (int) count[0];
  }

  private static long readHeader(MessageReader header) throws IOException, ImportException {
    long shards = 0;
    while (header.next()) {
      if (header.number() == 1) {
        shards = header.integer();
      } else if (header.number() != 2) {
        header.skip();
      } else if (header.integer() != 0) {
        throw ImportException.unsupported("endianness", "the numbers are big-endian");
      }
    }
    return shards;
  }

  private void add(Map<String, BundleEntry> variables, ImportLimits limits)
      throws IOException, ImportException {
    TensorBudget budget = new TensorBudget(limits);
    ObjectGraph graph = new ObjectGraph();
    BundleEntry stored = variables.get(ObjectGraph.KEY);
    if (stored != null) {
      readGraph(graph, readString(stored, limits));
    }
    for (Map.Entry<String, BundleEntry> variable : variables.entrySet()) {
      BundleEntry entry = variable.getValue();
      DataType type = TYPES.get(entry.type());
      if (type != null) {
        TensorInfo tensor = new TensorInfo(graph.nameOf(variable.getKey()), entry.shape(), type);
        budget.add(tensor);
        if (tensors.put(tensor.name(), tensor) != null) {
          throw ImportException.malformed("two variables are called '" + tensor.name() + "'");
        }
        entries.put(tensor.name(), entry);
      }
    }
  }

  private static void readGraph(ObjectGraph graph, ByteBuffer message)
      throws IOException, ImportException {
    try {
      graph.read(message);
    } catch (InvalidProtocolBufferException e) {
      throw damaged(ObjectGraph.KEY, e);
    }
  }

  /** A string of its own: its length, a checksum of that, its bytes. */
  private ByteBuffer readString(BundleEntry entry, ImportLimits limits)
      throws IOException, ImportException {
    if (entry.size() > limits.maxHeaderBytes() || entry.shard() >= shards.size()) {
      throw ImportException.tooLarge(
          "the checkpoint's object graph has %d bytes".formatted(entry.size()));
    }
    try (InputStream in = files.open(shards.get(entry.shard()), entry.offset())) {
      byte[] string = in.readNBytes((int) entry.size());
      CodedInputStream start = CodedInputStream.newInstance(string);
      int length = start.readRawVarint32();
      ByteBuffer bytes = ByteBuffer.wrap(string).order(ByteOrder.LITTLE_ENDIAN);
      bytes.position(start.getTotalBytesRead());
      if (bytes.remaining() - Integer.BYTES != length) {
        throw ImportException.malformed("the checkpoint's object graph is not as long as it says");
      }
      CRC32C crc = new CRC32C();
      crc.update(
          ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(0, length));
      boolean isLength = MaskedCrc.of(crc) == bytes.getInt(bytes.position());
      crc.update(bytes.duplicate());
      if (!isLength || MaskedCrc.of(crc) != entry.crc()) {
        throw ImportException.malformed("the checkpoint's object graph has a wrong checksum");
      }
      return bytes.position(bytes.position() + Integer.BYTES).slice();
    } catch (FileSystemException e) {
      throw e;
    } catch (IOException e) {
      throw damaged(ObjectGraph.KEY, e);
    }
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public float[] read(TensorInfo tensor) throws IOException, ImportException {
    BundleEntry entry = entries.get(tensor.name());
    DataType type = entry == null ? null : TYPES.get(entry.type());
    if (entry == null || type == null) {
      throw new IllegalArgumentException("no tensor of this file: " + tensor);
    }
    check(tensor, entry, type);
    String shard = shards.get(entry.shard());
    CRC32C crc = new CRC32C();
    try (InputStream in = new CheckedInputStream(files.open(shard, entry.offset()), crc)) {
      float[] values = StoredNumbers.read(in, type, ByteOrder.LITTLE_ENDIAN, (int) tensor.count());
      if (MaskedCrc.of(crc) != entry.crc()) {
        throw ImportException.malformed("'%s' has a wrong checksum".formatted(tensor.name()));
      }
      return values;
    } catch (FileSystemException e) {
      throw e;
    } catch (IOException e) {
      throw damaged(tensor.name(), e);
    }
  }

  private void check(TensorInfo tensor, BundleEntry entry, DataType type) throws ImportException {
    if (entry.sliced()) {
      throw ImportException.unsupported(
          tensor.name(), "is a partitioned variable; save the model without a partitioner");
    }
    if (entry.size() != tensor.count() * type.width()) {
      throw ImportException.malformed(
          "%s is %d bytes long in the index".formatted(tensor, entry.size()));
    }
    if (entry.shard() >= shards.size()) {
      throw ImportException.malformed(
          "'%s' lies in shard %d of %d".formatted(tensor.name(), entry.shard(), shards.size()));
    }
  }

  /** What reading failed for, where it was not the disk. */
  static ImportException damaged(String where, IOException cause) {
    return cause instanceof BoundedInput.ExceededException
        ? ImportException.tooLarge(String.valueOf(cause.getMessage()))
        : ImportException.malformed("'%s' is damaged: %s".formatted(where, cause.getMessage()));
  }

  @Override
  public void close() throws IOException {
    files.close();
  }
}

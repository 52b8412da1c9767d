package dev.keepgate.importer.file.hdf5;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.tensor.DataType;
import io.jhdf.ObjectHeader;
import io.jhdf.object.datatype.FloatingPoint;
import io.jhdf.object.message.DataLayoutMessage;
import io.jhdf.object.message.DataLayoutMessage.CompactDataLayoutMessage;
import io.jhdf.object.message.DataLayoutMessage.ContiguousDataLayoutMessage;
import io.jhdf.object.message.DataSpace;
import io.jhdf.object.message.DataSpaceMessage;
import io.jhdf.object.message.DataTypeMessage;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/**
 * A dataset of the file, its numbers unread.
 *
 * @param info path and shape
 * @param header what the file says of it
 */
record Hdf5Dataset(TensorInfo info, ObjectHeader header) {

  private static final int CHUNK = 1 << 20;

  static Hdf5Dataset of(String path, ObjectHeader header) {
    DataSpace space = header.getMessageOfType(DataSpaceMessage.class).getDataSpace();
    int[] shape = space.getTotalLength() == 0 ? new int[1] : space.getDimensions();
    return new Hdf5Dataset(new TensorInfo(path, shape), header);
  }

  /** Reads all numbers, row-major. */
  float[] read(FileChannel channel) throws IOException, ImportException {
    DataType type = type();
    int count = Math.toIntExact(info.count());
    long bytes = (long) count * type.width();
    DataLayoutMessage layout = header.getMessageOfType(DataLayoutMessage.class);
    if (layout instanceof CompactDataLayoutMessage compact) {
      ByteBuffer data = compact.getDataBuffer();
      if (data.remaining() < bytes) {
        throw damaged(bytes, data.remaining());
      }
      float[] values = new float[count];
      type.toFloats(data.limit(data.position() + (int) bytes).order(order()), values, 0);
      return values;
    }
    if (!(layout instanceof ContiguousDataLayoutMessage contiguous)) {
      throw ImportException.unsupported(
          info.name(), "is stored in chunks or compressed; Keras stores it in one piece");
    }
    if (bytes == 0) {
      return new float[0];
    }
    long address = contiguous.getAddress();
    if (address < 0 || address > channel.size() - bytes) {
      throw damaged(bytes, Math.max(0, channel.size() - address));
    }
    return read(channel, address, count, type);
  }

  private float[] read(FileChannel channel, long address, int count, DataType type)
      throws IOException, ImportException {
    float[] values = new float[count];
    ByteBuffer chunk = ByteBuffer.allocate(Math.min(CHUNK, count * type.width())).order(order());
    for (int done = 0; done < count; ) {
      int numbers = Math.min(chunk.capacity() / type.width(), count - done);
      chunk.clear().limit(numbers * type.width());
      while (chunk.hasRemaining()) {
        if (channel.read(chunk, address + (long) done * type.width() + chunk.position()) < 0) {
          throw new EOFException("the file ends early");
        }
      }
      type.toFloats(chunk.flip(), values, done);
      done += numbers;
    }
    return values;
  }

  private FloatingPoint floatingPoint() throws ImportException {
    if (header.getMessageOfType(DataTypeMessage.class).getDataType()
        instanceof FloatingPoint type) {
      return type;
    }
    throw ImportException.unsupported(info.name(), "its numbers are no floating point numbers");
  }

  private ByteOrder order() throws ImportException {
    return floatingPoint().getByteOrder();
  }

  private DataType type() throws ImportException {
    FloatingPoint type = floatingPoint();
    int bits = type.getExponentSize() + type.getMantissaSize() + 1;
    if (bits == 8 * type.getSize()) {
      if (type.getSize() == 4 && type.getExponentSize() == 8) {
        return DataType.F32;
      }
      if (type.getSize() == 8 && type.getExponentSize() == 11) {
        return DataType.F64;
      }
      if (type.getSize() == 2 && type.getExponentSize() == 5) {
        return DataType.F16;
      }
      if (type.getSize() == 2 && type.getExponentSize() == 8) {
        return DataType.BF16;
      }
    }
    throw ImportException.unsupported(
        info.name(),
        "its floating point numbers of %d bytes are unknown".formatted(type.getSize()));
  }

  private ImportException damaged(long needed, long there) {
    return ImportException.malformed(
        "'%s' claims %d bytes, the file has %d of them".formatted(info.name(), needed, there));
  }
}

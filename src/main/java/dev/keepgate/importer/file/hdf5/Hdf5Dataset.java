package dev.keepgate.importer.file.hdf5;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.StoredNumbers;
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
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;

/**
 * A dataset of the file, its numbers unread.
 *
 * @param info path and shape
 * @param header what the file says of it
 */
record Hdf5Dataset(TensorInfo info, ObjectHeader header) {

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
    return StoredNumbers.read(
        Channels.newInputStream(channel.position(address)), type, order(), count);
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

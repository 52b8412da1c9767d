package dev.keepgate.importer.file.hdf5;

import io.jhdf.GlobalHeap;
import io.jhdf.ObjectHeader;
import io.jhdf.Utils;
import io.jhdf.exceptions.HdfException;
import io.jhdf.object.datatype.StringData;
import io.jhdf.object.datatype.VariableLength;
import io.jhdf.object.message.AttributeMessage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads attributes that are strings. */
final class Hdf5Attributes {

  private final BoundedStorage storage;
  private final Map<Long, GlobalHeap> heaps = new HashMap<>();

  /** How many more bytes of strings may be read: a heap's string can be named again and again. */
  private long budget;

  Hdf5Attributes(BoundedStorage storage, long budget) {
    this.storage = storage;
    this.budget = budget;
  }

  /**
   * Reads the strings of an attribute.
   *
   * @return null where there is no such attribute
   * @throws HdfException if it holds anything but strings
   */
  @Nullable List<String> strings(ObjectHeader object, String name) {
    for (AttributeMessage attribute : object.getMessagesOfType(AttributeMessage.class)) {
      if (attribute.getName().equals(name)) {
        return strings(attribute);
      }
    }
    return null;
  }

  private List<String> strings(AttributeMessage attribute) {
    List<String> strings = new ArrayList<>();
    ByteBuffer bytes = attribute.getDataBuffer();
    int width = attribute.getDataType().getSize();
    if (bytes == null) {
      return strings;
    }
    boolean inHeap =
        attribute.getDataType() instanceof VariableLength text && text.isVariableLengthString();
    if ((!inHeap && !(attribute.getDataType() instanceof StringData)) || width < 1) {
      throw new HdfException("the attribute '%s' is no string".formatted(attribute.getName()));
    }
    while (bytes.remaining() >= width) {
      ByteBuffer element = Utils.createSubBuffer(bytes, width);
      strings.add(text(inHeap ? heapObject(element) : element));
    }
    return strings;
  }

  /** The bytes that an element of a variable length names: length, heap, index. */
  private ByteBuffer heapObject(ByteBuffer element) {
    element.order(ByteOrder.LITTLE_ENDIAN);
    int length = element.getInt();
    long heap = Utils.readBytesAsUnsignedLong(element, storage.getSizeOfOffsets());
    int index = element.getInt();
    if (length == 0) {
      return ByteBuffer.allocate(0);
    }
    ByteBuffer object =
        heaps.computeIfAbsent(heap, at -> new GlobalHeap(storage, at)).getObjectData(index);
    if (length < 0 || length > object.remaining()) {
      throw new HdfException("a string is longer than where it lies");
    }
    return object.limit(length);
  }

  private String text(ByteBuffer bytes) {
    budget -= bytes.remaining();
    if (budget < 0) {
      throw new BoundedStorage.ExceededException();
    }
    String text = StandardCharsets.UTF_8.decode(bytes).toString();
    int end = text.indexOf('\0');
    return end < 0 ? text : text.substring(0, end);
  }
}

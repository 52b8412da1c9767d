package dev.keepgate.importer.framework.onnx;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.file.protobuf.MessageReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a ModelProto; field numbers from onnx.proto of ONNX 1.20. */
final class GraphReader {

  /** What a message costs in memory, roughly, beside its strings. */
  private static final int MESSAGE = 64;

  private final MessageReader proto;
  private final ImportLimits limits;
  private long operators;
  private final List<OnnxNode> nodes = new ArrayList<>();
  private final Map<String, OnnxTensor> constants = new LinkedHashMap<>();
  private final List<OnnxGraph.Input> inputs = new ArrayList<>();
  private final List<String> outputs = new ArrayList<>();

  private GraphReader(MessageReader proto, ImportLimits limits) {
    this.proto = proto;
    this.limits = limits;
  }

  static OnnxGraph read(FileInputStream file, ImportLimits limits)
      throws IOException, ImportException {
    long size = file.getChannel().size();
    if (size > Integer.MAX_VALUE) {
      throw ImportException.tooLarge(
          "the ONNX file has %d bytes, a protocol buffer fewer than 2 GiB; save the weights beside it, as external data"
              .formatted(size));
    }
    MessageReader proto = MessageReader.of(file, size, limits.maxHeaderBytes());
    try {
      return new GraphReader(proto, limits).readModel();
    } catch (InvalidProtocolBufferException e) {
      throw ImportException.malformed(
          "not a sound ONNX file, at byte %d: %s".formatted(proto.position(), e.getMessage()));
    }
  }

  /** Reads a message; fields that {@code field} does not read it must skip. */
  private void message(MessageReader.FieldReader field) throws IOException, ImportException {
    proto.keep(MESSAGE);
    proto.message(field);
  }

  private OnnxGraph readModel() throws IOException, ImportException {
    boolean graph = false;
    while (proto.next()) {
      switch (proto.number()) {
        case 7 -> {
          if (graph) {
            throw ImportException.malformed("the ONNX file has two graphs");
          }
          graph = true;
          message(this::graphField);
        }
        case 8 -> readOperatorSet();
        default -> proto.skip();
      }
    }
    if (!graph) {
      throw ImportException.malformed("the ONNX file has no graph");
    }
    return new OnnxGraph(operators, nodes, constants, inputs, outputs);
  }

  private void readOperatorSet() throws IOException, ImportException {
    String[] domain = {""};
    long[] version = {1};
    message(
        number -> {
          switch (number) {
            case 1 -> domain[0] = proto.string();
            case 2 -> version[0] = proto.integer();
            default -> proto.skip();
          }
        });
    if (domain[0].isEmpty() || domain[0].equals("ai.onnx")) {
      operators = version[0];
    }
  }

  private void graphField(int number) throws IOException, ImportException {
    switch (number) {
      case 1 -> nodes.add(readNode());
      case 5 -> addConstant(readTensor());
      case 11 -> inputs.add(readInput());
      case 12 -> outputs.add(readInput().name());
      default -> proto.skip();
    }
  }

  private void addConstant(OnnxTensor tensor) throws ImportException {
    if (constants.put(tensor.name(), tensor) != null) {
      throw ImportException.malformed("the initializer '" + tensor.name() + "' is there twice");
    }
    if (constants.size() > limits.maxTensors()) {
      throw ImportException.tooLarge(
          "more than the %d tensors that are allowed".formatted(limits.maxTensors()));
    }
  }

  private OnnxTensor readTensor() throws IOException, ImportException {
    TensorReader reader = new TensorReader(proto);
    message(reader::field);
    return reader.tensor();
  }

  private OnnxNode readNode() throws IOException, ImportException {
    String[] names = {"", "", ""};
    List<String> in = new ArrayList<>();
    List<String> out = new ArrayList<>();
    Map<String, OnnxNode.Attribute> attributes = new LinkedHashMap<>();
    message(
        number -> {
          switch (number) {
            case 1 -> addName(in);
            case 2 -> addName(out);
            case 3 -> names[0] = proto.string();
            case 4 -> names[1] = proto.string();
            case 5 -> readAttribute(attributes);
            case 7 -> names[2] = proto.string();
            default -> proto.skip();
          }
        });
    return new OnnxNode(names[0], names[1], names[2], in, out, attributes);
  }

  private void addName(List<String> names) throws IOException, ImportException {
    proto.keep(MESSAGE);
    names.add(proto.string());
  }

  private void readAttribute(Map<String, OnnxNode.Attribute> attributes)
      throws IOException, ImportException {
    AttributeParts parts = new AttributeParts();
    message(parts::field);
    if (attributes.put(parts.name, parts.attribute()) != null) {
      throw ImportException.malformed("the attribute '" + parts.name + "' is there twice");
    }
  }

  /** An attribute while it is read. */
  private final class AttributeParts {
    private String name = "";
    private @Nullable Long integer;
    private @Nullable Float number;
    private @Nullable String string;
    private @Nullable OnnxTensor tensor;
    private final List<Long> integers = new ArrayList<>();
    private final List<Float> numbers = new ArrayList<>();
    private final List<String> strings = new ArrayList<>();
    private boolean subgraph;

    void field(int field) throws IOException, ImportException {
      switch (field) {
        case 1 -> name = proto.string();
        case 2 -> number = Float.intBitsToFloat(proto.fixed32());
        case 3 -> integer = proto.integer();
        case 4 -> string = proto.string();
        case 5 -> tensor = readTensor();
        case 6, 11 -> {
          subgraph = true;
          proto.skip();
        }
        case 7 ->
            proto.each(
                WireFormat.WIRETYPE_FIXED32,
                () -> numbers.add(Float.intBitsToFloat((int) proto.fixed(4))));
        case 8 -> proto.each(WireFormat.WIRETYPE_VARINT, () -> integers.add(proto.varint()));
        case 9 -> addName(strings);
        default -> proto.skip();
      }
    }

    OnnxNode.Attribute attribute() {
      return new OnnxNode.Attribute(
          integer, number, string, tensor, integers, numbers, strings, subgraph);
    }
  }

  private OnnxGraph.Input readInput() throws IOException, ImportException {
    String[] name = {""};
    int[] type = {0};
    List<OnnxGraph.Dimension> dimensions = new ArrayList<>();
    message(
        field -> {
          switch (field) {
            case 1 -> name[0] = proto.string();
            case 2 -> inside(1, () -> readTensorType(type, dimensions));
            default -> proto.skip();
          }
        });
    return new OnnxGraph.Input(name[0], type[0], dimensions);
  }

  private void readTensorType(int[] type, List<OnnxGraph.Dimension> dimensions)
      throws IOException, ImportException {
    message(
        field -> {
          switch (field) {
            case 1 -> type[0] = (int) proto.integer();
            case 2 -> inside(1, () -> dimensions.add(readDimension()));
            default -> proto.skip();
          }
        });
  }

  /** Reads one field of a message, and skips the others. */
  private void inside(int wanted, MessageReader.Element element)
      throws IOException, ImportException {
    message(
        field -> {
          if (field == wanted) {
            element.read();
          } else {
            proto.skip();
          }
        });
  }

  private OnnxGraph.Dimension readDimension() throws IOException, ImportException {
    long[] size = {-1};
    String[] symbol = {""};
    message(
        field -> {
          switch (field) {
            case 1 -> size[0] = proto.integer();
            case 2 -> symbol[0] = proto.string();
            default -> proto.skip();
          }
        });
    return new OnnxGraph.Dimension(size[0], symbol[0]);
  }
}

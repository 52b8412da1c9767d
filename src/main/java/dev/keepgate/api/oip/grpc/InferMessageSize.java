package dev.keepgate.api.oip.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.keepgate.api.oip.proto.InferTensorContents;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelInferRequest.InferInputTensor;
import java.io.IOException;

/**
 * What an infer request takes once it is parsed, beside its bytes: told from its fields' sizes
 * before any of it is made. Raw tensors take nothing more, as they share the message's bytes.
 */
final class InferMessageSize {

  /** Bytes of an object of a field, and of its place in a list. */
  private static final int FIELD = 128;

  /** Times their bytes that floats take in a list that grows. */
  private static final int FLOATS = 3;

  /** Times their bytes that integers take likewise, of which the smallest are sent as one byte. */
  private static final int INTEGERS = 20;

  private InferMessageSize() {}

  /**
   * @throws IOException if the bytes are no message
   */
  static long parsed(byte[] message) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(message);
    long size = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag == delimited(ModelInferRequest.INPUTS_FIELD_NUMBER)) {
        int end = in.pushLimit(in.readRawVarint32());
        size += FIELD + input(in);
        in.popLimit(end);
      } else if (tag == delimited(ModelInferRequest.RAW_INPUT_CONTENTS_FIELD_NUMBER)) {
        in.skipRawBytes(in.readRawVarint32());
        size += FIELD;
      } else {
        size += other(in, tag, FLOATS);
      }
    }
    return size;
  }

  private static long input(CodedInputStream in) throws IOException {
    long size = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag == delimited(InferInputTensor.CONTENTS_FIELD_NUMBER)) {
        int end = in.pushLimit(in.readRawVarint32());
        size += FIELD + contents(in);
        in.popLimit(end);
      } else {
        size += other(in, tag, INTEGERS);
      }
    }
    return size;
  }

  private static long contents(CodedInputStream in) throws IOException {
    long size = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      boolean floats =
          tag == delimited(InferTensorContents.FP32_CONTENTS_FIELD_NUMBER)
              || tag == delimited(InferTensorContents.FP64_CONTENTS_FIELD_NUMBER);
      size += other(in, tag, floats ? FLOATS : INTEGERS);
    }
    return size;
  }

  private static long other(CodedInputStream in, int tag, int times) throws IOException {
    if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
      int length = in.readRawVarint32();
      in.skipRawBytes(length);
      return FIELD + (long) times * length;
    }
    int start = in.getTotalBytesRead();
    boolean unused = in.skipField(tag);
    return FIELD + (long) INTEGERS * (in.getTotalBytesRead() - start);
  }

  private static int delimited(int field) {
    return field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;
  }
}

package dev.keepgate.api.oip.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat;
import dev.keepgate.api.oip.InferCall;
import dev.keepgate.api.oip.OipModelPath;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.inference.CancellationSignal;
import dev.keepgate.inference.Client;
import dev.keepgate.inference.Inference;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.inference.Operation;
import dev.keepgate.memory.RequestMemory;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.TensorFormatException;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An infer request as its bytes came: what is beside the tensors is read, the tensors are not
 * before the request is let in. One that could not be read is refused when it is opened.
 */
final class InferMessage {

  /**
   * Reads messages of the call that is current; never fails, as gRPC would make it its own fault.
   */
  static final MethodDescriptor.Marshaller<InferMessage> MARSHALLER =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(InferMessage value) {
          throw new UnsupportedOperationException("a server sends no requests");
        }

        @Override
        public InferMessage parse(InputStream stream) {
          return read(stream, GrpcCall.CURRENT.get());
        }
      };

  /** Bytes of all that is beside the tensors. */
  private static final int MAX_HEAD = 1 << 16;

  /** Times its size that a head takes once it is parsed. */
  private static final int PARSED_HEAD = 32;

  private static final int FIRST = 1 << 13;

  private final GrpcCall call;
  private final @Nullable RequestMemory memory;
  private final ModelInferRequest head;
  private final @Nullable RuntimeException refusal;
  private byte @Nullable [] bytes;

  private InferMessage(
      GrpcCall call,
      @Nullable RequestMemory memory,
      ModelInferRequest head,
      byte @Nullable [] bytes,
      @Nullable RuntimeException refusal) {
    this.call = call;
    this.memory = memory;
    this.head = head;
    this.bytes = bytes;
    this.refusal = refusal;
  }

  private static InferMessage refused(GrpcCall call, RuntimeException refusal) {
    return new InferMessage(call, null, ModelInferRequest.getDefaultInstance(), null, refusal);
  }

  static InferMessage read(InputStream in, GrpcCall call) {
    RequestMemory memory = call.nextMessage();
    if (memory == null) {
      return refused(call, Status.CANCELLED.asRuntimeException());
    }
    RuntimeException refusal;
    try {
      byte[] bytes = readFully(in, memory);
      InferMessage message = new InferMessage(call, memory, head(bytes, memory), bytes, null);
      call.read(memory);
      return message;
    } catch (IOException e) {
      refusal = new TensorFormatException("", "the message cannot be read: " + e.getMessage());
    } catch (RuntimeException e) {
      refusal = e;
    } catch (Error e) {
      refusal = new IllegalStateException(e);
    }
    memory.close();
    return refused(call, refusal);
  }

  /** For one that comes as it is there is room; packed ones do not know their length. */
  private static byte[] readFully(InputStream in, RequestMemory memory) throws IOException {
    if (in instanceof KnownLength) {
      int size = in.available();
      byte[] bytes = new byte[size];
      int unused = in.readNBytes(bytes, 0, size);
      return bytes;
    }
    memory.take(FIRST);
    byte[] bytes = new byte[FIRST];
    int size = 0;
    for (int count = 0; count >= 0; count = in.read(bytes, size, bytes.length - size)) {
      size += count;
      if (size == bytes.length) {
        memory.take(2L * size);
        bytes = Arrays.copyOf(bytes, Math.multiplyExact(2, size));
        memory.giveBack(size);
      }
    }
    memory.take(size);
    memory.giveBack(bytes.length);
    return Arrays.copyOf(bytes, size);
  }

  /** The request without its inputs. */
  private static ModelInferRequest head(byte[] bytes, RequestMemory memory) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(bytes);
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int start = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      boolean known = in.skipField(tag);
      if (!known) {
        throw new TensorFormatException("", "the message is no ModelInferRequest");
      }
      int end = in.getTotalBytesRead();
      switch (WireFormat.getTagFieldNumber(tag)) {
        case ModelInferRequest.INPUTS_FIELD_NUMBER,
            ModelInferRequest.RAW_INPUT_CONTENTS_FIELD_NUMBER -> {
          // Read once it is let in.
        }
        default -> {
          if (head.size() + end - start > MAX_HEAD) {
            throw new TensorFormatException(
                "", "beside its inputs a request may have %,d bytes".formatted(MAX_HEAD));
          }
          head.write(bytes, start, end - start);
        }
      }
      start = end;
    }
    memory.take((long) PARSED_HEAD * head.size());
    return ModelInferRequest.parseFrom(head.toByteArray());
  }

  /** All but the inputs. */
  ModelInferRequest head() {
    return head;
  }

  /** The sequence that it is a step of; null where it is of none, or not of a proper one. */
  @Nullable String sequence() {
    return InferMessageReader.sequence(head);
  }

  /**
   * Begins it on its model.
   *
   * @param point where in [0, 1) of the shares of the model's labels it falls; NaN to draw that
   * @param timeLeft until its client does not wait any more; null for the server's own time
   * @throws RuntimeException if the message was refused, or there is no such model
   */
  InferenceCall open(Inference inference, double point, @Nullable Duration timeLeft) {
    if (refusal != null || memory == null) {
      throw refusal == null ? Status.CANCELLED.asRuntimeException() : refusal;
    }
    if (!call.claim(memory)) {
      throw Status.CANCELLED.asRuntimeException();
    }
    InferenceCall opened = null;
    try {
      ModelRequest model = OipModelPath.request(head.getModelName(), head.getModelVersion(), point);
      // A client's leaving interrupts the thread.
      Client client = new Client(call.caller(), CancellationSignal.NONE);
      opened = inference.open(model, Operation.UNROLL, timeLeft, client, memory);
      return opened;
    } finally {
      if (opened == null) {
        memory.close();
      }
    }
  }

  /**
   * Reads the request, and lets its bytes go.
   *
   * @param of of which is taken what is made
   */
  InferCall parse(RequestMemory of) {
    byte[] whole = bytes;
    if (whole == null) {
      throw new IllegalStateException("the message was read before");
    }
    bytes = null;
    try {
      of.take(InferMessageSize.parsed(whole));
      // Raw tensors are no copies.
      CodedInputStream in = UnsafeByteOperations.unsafeWrap(whole).newCodedInput();
      in.enableAliasing(true);
      TensorMemory tensors = new TensorMemory(of, whole.length);
      InferCall parsed = InferMessageReader.read(ModelInferRequest.parseFrom(in), tensors);
      of.giveBack(Math.max(0, of.taken() - tensors.taken));
      return parsed;
    } catch (InvalidProtocolBufferException e) {
      throw new TensorFormatException("", "the message is no ModelInferRequest");
    } catch (IOException e) {
      throw new IllegalStateException("an array is read without any I/O", e);
    }
  }

  /** Gives tensors the bytes first that were taken for them when the message came. */
  private static final class TensorMemory implements ArrayMemory {
    private final RequestMemory memory;
    private long free;
    private long taken;

    TensorMemory(RequestMemory memory, long arrived) {
      this.memory = memory;
      this.free = Math.max(0, Math.min(arrived, memory.taken() - arrived));
    }

    @Override
    public void change(long bytes) {
      long covered = Math.max(0, Math.min(free, bytes));
      free -= covered;
      taken += bytes;
      memory.change(bytes - covered);
    }
  }
}

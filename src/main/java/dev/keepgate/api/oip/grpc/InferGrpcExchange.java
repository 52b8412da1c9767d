package dev.keepgate.api.oip.grpc;

import dev.keepgate.api.oip.InferCall;
import dev.keepgate.api.oip.InferExchange;
import dev.keepgate.api.oip.proto.ModelInferResponse;
import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.ResultEncoder;
import dev.keepgate.memory.RequestMemory;

/** A request of the protocol over gRPC. */
final class InferGrpcExchange extends InferExchange implements ResultEncoder<ModelInferResponse> {

  /**
   * Arrays that each number of an answer is in: states that are stacked, the message, its bytes,
   * and what the collector loses around arrays as large as its regions.
   */
  private static final int COPIES = 4;

  private final InferMessage message;

  InferGrpcExchange(InferMessage message) {
    this.message = message;
  }

  @Override
  public InferCall parse(RequestMemory memory) {
    return message.parse(memory);
  }

  @Override
  public long encodedBytes(long numbers) {
    return COPIES * Float.BYTES * numbers + classesBytes(numbers);
  }

  @Override
  public ModelInferResponse encode(InferenceResult result) {
    return InferMessageWriter.write(call(), answer(result));
  }
}

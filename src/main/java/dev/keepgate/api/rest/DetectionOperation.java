package dev.keepgate.api.rest;

import dev.keepgate.inference.AnswerEncoder;
import dev.keepgate.inference.BodyDecoder;
import dev.keepgate.inference.DetectionRequest;
import dev.keepgate.inference.DetectionResult;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonBuffer;
import java.io.IOException;

/** A look at what is not usual. */
record DetectionOperation(RequestOptions options)
    implements JsonOperation<DetectionRequest, DetectionResult> {

  @Override
  public Reader<DetectionRequest> reader(Signature signature, ArrayMemory memory) {
    return new DetectionReader(signature, options.units(), memory);
  }

  @Override
  public void compute(
      InferenceCall call,
      BodyDecoder<DetectionRequest> decoder,
      AnswerEncoder<DetectionResult, Boolean> encoder)
      throws IOException {
    var unused = call.detect(decoder, encoder);
  }

  @Override
  public long numbers(DetectionResult result) {
    DetectionResult.Errors errors = result.errors();
    return 2L * (errors.values().length + errors.byFeature().length);
  }

  @Override
  public void write(DetectionResult result, JsonBuffer json) {
    new DetectionWriter(result).write(json);
  }
}

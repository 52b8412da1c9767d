package dev.keepgate.api.rest;

import dev.keepgate.inference.AnswerEncoder;
import dev.keepgate.inference.BodyDecoder;
import dev.keepgate.inference.ForecastRequest;
import dev.keepgate.inference.ForecastResult;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonBuffer;
import java.io.IOException;

/** A forecast. */
record ForecastOperation(RequestOptions options)
    implements JsonOperation<ForecastRequest, ForecastResult> {

  @Override
  public Reader<ForecastRequest> reader(Signature signature, ArrayMemory memory) {
    return new ForecastReader(signature, options.units(), memory);
  }

  @Override
  public void compute(
      InferenceCall call,
      BodyDecoder<ForecastRequest> decoder,
      AnswerEncoder<ForecastResult, Boolean> encoder)
      throws IOException {
    var unused = call.forecast(decoder, encoder);
  }

  @Override
  public long numbers(ForecastResult result) {
    return result.values().length;
  }

  @Override
  public void write(ForecastResult result, JsonBuffer json) {
    new ForecastWriter(result).write(json);
  }
}

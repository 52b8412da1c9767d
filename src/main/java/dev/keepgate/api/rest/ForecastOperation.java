package dev.keepgate.api.rest;

import dev.keepgate.api.json.ForecastWriter;
import dev.keepgate.inference.AnswerEncoder;
import dev.keepgate.inference.BodyDecoder;
import dev.keepgate.inference.ForecastRequest;
import dev.keepgate.inference.ForecastResult;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonBuffer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A forecast.
 *
 * @param kept whether a sequence has the history
 * @param stream what it is answered by, step by step; null where it is answered whole
 */
record ForecastOperation(RequestOptions options, boolean kept, @Nullable ForecastStream stream)
    implements JsonOperation<ForecastRequest, ForecastResult> {

  @Override
  public Reader<ForecastRequest> reader(Signature signature, ArrayMemory memory) {
    return new ForecastReader(signature, this, memory);
  }

  @Override
  public void compute(
      InferenceCall call,
      BodyDecoder<ForecastRequest> decoder,
      AnswerEncoder<ForecastResult, Boolean> encoder)
      throws IOException {
    if (stream == null) {
      var unused = call.forecast(decoder, encoder);
    } else {
      stream.end(call.forecast(decoder, stream));
    }
  }

  @Override
  public long numbers(ForecastResult result) {
    return result.numbers();
  }

  @Override
  public void write(ForecastResult result, JsonBuffer json) {
    new ForecastWriter(result).write(json);
  }
}

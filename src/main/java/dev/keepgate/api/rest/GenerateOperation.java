package dev.keepgate.api.rest;

import dev.keepgate.inference.AnswerEncoder;
import dev.keepgate.inference.BodyDecoder;
import dev.keepgate.inference.GenerateRequest;
import dev.keepgate.inference.GenerateResult;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.inference.TokenSink;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonBuffer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A text.
 *
 * @param stream to which each token is written as it comes; null where the answer comes whole
 */
record GenerateOperation(@Nullable TokenWriter stream)
    implements JsonOperation<GenerateRequest, GenerateResult> {

  @Override
  public Reader<GenerateRequest> reader(Signature signature, ArrayMemory memory) {
    return new GenerateReader(memory);
  }

  @Override
  public void compute(
      InferenceCall call,
      BodyDecoder<GenerateRequest> decoder,
      AnswerEncoder<GenerateResult, Boolean> encoder)
      throws IOException {
    var unused =
        stream == null
            ? call.generate(decoder, TokenSink.NONE, encoder)
            : call.generate(decoder, stream, stream);
  }

  @Override
  public long numbers(GenerateResult result) {
    return new GenerateWriter(result).numbers();
  }

  @Override
  public void write(GenerateResult result, JsonBuffer json) {
    new GenerateWriter(result).write(json);
  }
}

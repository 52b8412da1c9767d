package dev.keepgate.api.rest;

import dev.keepgate.inference.AnswerEncoder;
import dev.keepgate.inference.BodyDecoder;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.inference.ThresholdRequest;
import dev.keepgate.inference.ThresholdResult;
import dev.keepgate.model.ModelId;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonBuffer;
import java.io.IOException;
import java.util.Locale;
import java.util.Objects;

/** A threshold that is made of usual data. */
record ThresholdOperation(RequestOptions options)
    implements JsonOperation<ThresholdRequest, ThresholdResult> {

  @Override
  public Reader<ThresholdRequest> reader(Signature signature, ArrayMemory memory) {
    return new ThresholdReader(signature, options.units(), memory);
  }

  @Override
  public void compute(
      InferenceCall call,
      BodyDecoder<ThresholdRequest> decoder,
      AnswerEncoder<ThresholdResult, Boolean> encoder)
      throws IOException {
    var unused = call.fitThreshold(decoder, encoder);
  }

  @Override
  public long numbers(ThresholdResult result) {
    return 1;
  }

  @Override
  public void write(ThresholdResult result, JsonBuffer json) {
    json.raw("{\"model\":\"").raw(result.id().name());
    json.raw("\",\"version\":\"").raw(Long.toString(result.id().version()));
    json.raw("\",\"kind\":\"").raw(word(Objects.requireNonNull(result.detection().kind())));
    json.raw("\",\"metric\":\"").raw(word(result.detection().metric()));
    json.raw("\",\"quantile\":").raw(Double.toString(result.quantile()));
    json.raw(",\"errors\":").raw(Integer.toString(result.errors()));
    json.raw(",\"threshold\":").raw(String.valueOf(result.detection().threshold()));
    ModelId kept = result.kept();
    if (kept != null) {
      json.raw(",\"kept_version\":\"").raw(Long.toString(kept.version())).raw("\"");
    }
    json.raw("}");
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}

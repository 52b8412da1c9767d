package dev.keepgate.api.oip;

import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.RequestDecoder;
import dev.keepgate.inference.SequenceStep;
import dev.keepgate.memory.RequestMemory;
import dev.keepgate.model.Signature;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A request of the protocol, whichever way it came, on its way through. */
public abstract class InferExchange implements RequestDecoder {

  private @Nullable InferCall call;
  private @Nullable String sequence;
  private @Nullable Signature model;

  /**
   * Reads the body or the message; it is let go.
   *
   * @param memory of which is taken what is made
   */
  public abstract InferCall parse(RequestMemory memory);

  @Override
  public Head head(RequestMemory memory) {
    InferCall parsed = parse(memory);
    call = parsed;
    Parameters parameters = parsed.parameters();
    sequence = parameters.identifier(Parameters.SEQUENCE_ID);
    return new Head(
        sequence == null
            ? null
            : new SequenceStep(
                sequence,
                Boolean.TRUE.equals(parameters.flag("sequence_start")),
                Boolean.TRUE.equals(parameters.flag("sequence_end")),
                "/parameters/" + Parameters.SEQUENCE_ID),
        parameters.timeout());
  }

  public InferCall call() {
    return Objects.requireNonNull(call);
  }

  @Override
  public InferenceRequest decode(Signature signature, RequestMemory memory) {
    model = signature;
    return InferTensors.request(call(), signature);
  }

  /** Bytes that classes in words take, of so many numbers. */
  protected long classesBytes(long numbers) {
    return Classification.bytes(call(), Objects.requireNonNull(model), numbers);
  }

  public InferResponse answer(InferenceResult result) {
    Map<String, Object> parameters = new LinkedHashMap<>();
    if (sequence != null) {
      parameters.put(Parameters.SEQUENCE_ID, sequence);
      parameters.put("sequence_step", result.step());
    }
    return new InferResponse(
        result.id(), call().id(), parameters, InferTensors.outputs(call(), result));
  }
}

package dev.keepgate.api.rest;

import dev.keepgate.api.http.Body;
import dev.keepgate.api.http.BodyExchange;
import dev.keepgate.api.json.JsonFields;
import dev.keepgate.inference.AnswerEncoder;
import dev.keepgate.inference.BodyDecoder;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.memory.RequestMemory;
import dev.keepgate.model.Signature;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One request of an operation, from its body to its answer. */
final class JsonExchange<Q, A> implements BodyExchange, BodyDecoder<Q>, AnswerEncoder<A, Boolean> {

  private final InferenceCall call;
  private final JsonOperation<Q, A> operation;
  private final HttpServletResponse response;
  private @Nullable Body body;

  JsonExchange(InferenceCall call, JsonOperation<Q, A> operation, HttpServletResponse response) {
    this.call = call;
    this.operation = operation;
    this.response = response;
  }

  @Override
  public RequestMemory memory() {
    return call.memory();
  }

  @Override
  public void answer(Body whole) throws IOException {
    body = whole;
    operation.compute(call, this, this);
  }

  @Override
  public Q decode(Signature signature, RequestMemory memory) {
    Body whole = body;
    if (whole == null) {
      throw new IllegalStateException("there is no body");
    }
    JsonOperation.Reader<Q> reader = operation.reader(signature, memory::change);
    JsonFields.read(whole.bytes(), whole.size(), reader::readField);
    // The tensors are all that is left of it.
    body = null;
    memory.giveBack(whole.bytes().length);
    return reader.request();
  }

  @Override
  public long encodedBytes(long numbers) {
    return BodyFormat.encodedBytes(numbers, false);
  }

  @Override
  public Boolean encode(A result) throws IOException {
    BodyFormat.send(operation.numbers(result), json -> operation.write(result, json), response);
    return true;
  }

  @Override
  public void close() {
    call.close();
  }
}

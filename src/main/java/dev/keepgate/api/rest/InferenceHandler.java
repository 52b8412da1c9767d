package dev.keepgate.api.rest;

import dev.keepgate.api.http.Body;
import dev.keepgate.api.http.BodyExchange;
import dev.keepgate.api.http.BodyReader;
import dev.keepgate.api.http.ModelVersionHeader;
import dev.keepgate.api.http.StreamFormat;
import dev.keepgate.api.http.security.HttpCaller;
import dev.keepgate.inference.Inference;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.Operation;
import dev.keepgate.inference.RequestDecoder;
import dev.keepgate.inference.ResultEncoder;
import dev.keepgate.memory.RequestMemory;
import dev.keepgate.model.Signature;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.tensor.Npy;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.TensorFormatException;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Steps and unrolls over HTTP: what a body is made into, and what is made of a result. */
@Component
final class InferenceHandler {

  private final Inference inference;
  private final BodyReader bodies;

  InferenceHandler(Inference inference, BodyReader bodies) {
    this.inference = inference;
    this.bodies = bodies;
  }

  /** Answers a request of a model. */
  void ofModel(
      Operation operation,
      ModelRequest model,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException, ServletException {
    BodyReader.requireKnownCoding(request);
    RequestOptions options = RequestOptions.ofModel(request);
    Form form = Form.of(operation, options, false, request);
    InferenceCall call =
        inference.open(model, operation, options.deadline(), HttpCaller.client(request));
    bodies.read(request, response, new Exchange(call, form, response));
  }

  /** Answers a request of a sequence. */
  void ofSequence(
      Operation operation, String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    BodyReader.requireKnownCoding(request);
    RequestOptions options = RequestOptions.ofSequence(request);
    Form form = Form.of(operation, options, true, request);
    InferenceCall call =
        inference.openStep(id, operation, options.deadline(), HttpCaller.client(request));
    bodies.read(request, response, new Exchange(call, form, response));
  }

  /**
   * How a request and its answer are written.
   *
   * @param reading what the body may say
   * @param body how its tensors come
   * @param answer how they are answered
   * @param stream how an unroll is answered step by step; null where it is answered whole
   */
  private record Form(
      RequestReader.Form reading,
      TensorFormat body,
      TensorFormat answer,
      @Nullable StreamFormat stream) {

    static Form of(
        Operation operation, RequestOptions options, boolean kept, HttpServletRequest request) {
      String accept = request.getHeader("Accept");
      return new Form(
          new RequestReader.Form(operation, options, kept),
          TensorFormat.ofBody(request.getContentType()),
          TensorFormat.preferred(accept),
          operation == Operation.UNROLL && !kept ? StreamFormat.of(accept) : null);
    }
  }

  /** One request. */
  private static final class Exchange
      implements BodyExchange, RequestDecoder, ResultEncoder<Boolean> {

    private final InferenceCall call;
    private final Form form;
    private final HttpServletResponse response;
    private @Nullable Body body;
    private boolean returnsState;

    Exchange(InferenceCall call, Form form, HttpServletResponse response) {
      this.call = call;
      this.form = form;
      this.response = response;
    }

    @Override
    public RequestMemory memory() {
      return call.memory();
    }

    @Override
    public void answer(Body whole) throws IOException {
      body = whole;
      if (form.stream() != null) {
        StreamWriter writer = new StreamWriter(form.stream(), response);
        InferenceResult result = call.stream(this, writer);
        writer.end(result, returnsState);
      } else {
        var unused = call.infer(this, this);
      }
    }

    @Override
    public InferenceRequest decode(Signature signature, RequestMemory memory) {
      Body whole = body;
      if (whole == null) {
        throw new IllegalStateException("there is no body");
      }
      RequestReader reader =
          switch (form.body()) {
            case JSON -> form.reading().readJson(whole, signature, memory::change);
            case SAFETENSORS -> form.reading().readSafetensors(whole, signature, memory::change);
            case NPY -> form.reading().readNpy(whole, signature, memory::change);
          };
      // The tensors are all that is left of it.
      body = null;
      memory.giveBack(whole.bytes().length);
      returnsState = reader.returnsState();
      InferenceRequest decoded = reader.request(form.body().isBinary());
      if (decoded.options().trace() && form.stream() != null) {
        throw new TensorFormatException("/trace", "a stream has no trace");
      }
      if (form.answer() == TensorFormat.NPY) {
        requireOneArray(decoded, signature);
      }
      return decoded;
    }

    private static void requireOneArray(InferenceRequest request, Signature signature) {
      if (request.options().trace()) {
        throw new TensorFormatException("/trace", "an npy answer is one array, without a trace");
      }
      if (signature.outputs().size() > 1) {
        throw new TensorFormatException(
            "", "an npy answer is one array, this model has several outputs; accept safetensors");
      }
    }

    @Override
    public long encodedBytes(long numbers) {
      return BodyFormat.encodedBytes(numbers, form.answer().isBinary());
    }

    @Override
    public Boolean encode(InferenceResult result) throws IOException {
      if (form.reading().kept()) {
        boolean isBinary = form.answer().isBinary();
        SequenceWriter.write(result, returnsState, isBinary, response);
        return true;
      }
      ResultWriter writer = new ResultWriter(result, returnsState);
      switch (form.answer()) {
        case JSON -> BodyFormat.send(writer.numbers(), writer::writeJson, response);
        case SAFETENSORS -> {
          response.setContentType(Safetensors.MEDIA_TYPE);
          writer.writeSafetensors(response.getOutputStream());
        }
        case NPY -> {
          response.setContentType(Npy.MEDIA_TYPE);
          ModelVersionHeader.set(response, result.id());
          writer.writeNpy(response.getOutputStream());
        }
      }
      return true;
    }

    @Override
    public void close() {
      call.close();
    }
  }
}

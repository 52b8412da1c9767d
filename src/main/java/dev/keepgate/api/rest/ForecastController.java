package dev.keepgate.api.rest;

import dev.keepgate.api.http.Body;
import dev.keepgate.api.http.BodyExchange;
import dev.keepgate.api.http.BodyReader;
import dev.keepgate.api.http.HttpCancellation;
import dev.keepgate.inference.ForecastDecoder;
import dev.keepgate.inference.ForecastEncoder;
import dev.keepgate.inference.ForecastRequest;
import dev.keepgate.inference.ForecastResult;
import dev.keepgate.inference.Inference;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.inference.Operation;
import dev.keepgate.memory.RequestMemory;
import dev.keepgate.model.Signature;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Forecasts over HTTP. */
@RestController
@RequestMapping(
    path = InferenceController.MODEL,
    consumes = MediaType.APPLICATION_JSON_VALUE,
    produces = MediaType.APPLICATION_JSON_VALUE)
class ForecastController {

  private static final String FORECAST = "/forecast";

  private final Inference inference;
  private final BodyReader bodies;

  ForecastController(Inference inference, BodyReader bodies) {
    this.inference = inference;
    this.bodies = bodies;
  }

  @PostMapping({FORECAST, InferenceController.VERSION + FORECAST})
  void forecast(
      @PathVariable String model,
      @PathVariable(required = false) @Nullable String version,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException, ServletException {
    BodyReader.requirePlain(request);
    RequestOptions options = RequestOptions.ofForecast(request);
    InferenceCall call =
        inference.open(
            ModelPath.request(model, version),
            Operation.FORECAST,
            options.deadline(),
            HttpCancellation.of(request));
    bodies.read(request, response, new Exchange(call, options, response));
  }

  /** One request. */
  private static final class Exchange
      implements BodyExchange, ForecastDecoder, ForecastEncoder<Boolean> {

    private final InferenceCall call;
    private final RequestOptions options;
    private final HttpServletResponse response;
    private @Nullable Body body;

    Exchange(InferenceCall call, RequestOptions options, HttpServletResponse response) {
      this.call = call;
      this.options = options;
      this.response = response;
    }

    @Override
    public RequestMemory memory() {
      return call.memory();
    }

    @Override
    public void answer(Body whole) throws IOException {
      body = whole;
      var unused = call.forecast(this, this);
    }

    @Override
    public ForecastRequest decode(Signature signature, RequestMemory memory) {
      Body whole = body;
      if (whole == null) {
        throw new IllegalStateException("there is no body");
      }
      ForecastReader reader = new ForecastReader(signature, options.units(), memory::change);
      JsonFields.read(whole, reader::readField);
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
    public Boolean encode(ForecastResult result) throws IOException {
      ForecastWriter writer = new ForecastWriter(result);
      BodyFormat.send(result.values().length, writer::write, response);
      return true;
    }

    @Override
    public void close() {
      call.close();
    }
  }
}

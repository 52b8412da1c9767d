package dev.keepgate.api.rest;

import dev.keepgate.api.http.BodyReader;
import dev.keepgate.api.http.HttpCancellation;
import dev.keepgate.api.http.StreamFormat;
import dev.keepgate.inference.Inference;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.inference.Operation;
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
    consumes = MediaType.APPLICATION_JSON_VALUE,
    produces = {
      MediaType.APPLICATION_JSON_VALUE,
      StreamFormat.NDJSON_TYPE,
      StreamFormat.EVENTS_TYPE
    })
class ForecastController {

  private static final String FORECAST = "/forecast";

  private final Inference inference;
  private final BodyReader bodies;

  ForecastController(Inference inference, BodyReader bodies) {
    this.inference = inference;
    this.bodies = bodies;
  }

  @PostMapping({
    InferenceController.MODEL + FORECAST,
    InferenceController.MODEL + InferenceController.VERSION + FORECAST
  })
  void forecast(
      @PathVariable String model,
      @PathVariable(required = false) @Nullable String version,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException, ServletException {
    BodyReader.requireKnownCoding(request);
    RequestOptions options = RequestOptions.ofReadings(request);
    InferenceCall call =
        inference.open(
            ModelPath.request(model, version),
            Operation.FORECAST,
            options.deadline(),
            HttpCancellation.of(request));
    ForecastOperation operation =
        new ForecastOperation(options, false, ForecastStream.of(request, response));
    bodies.read(request, response, new JsonExchange<>(call, operation, response));
  }

  @PostMapping(SequencesController.SEQUENCE + FORECAST)
  void ofSequence(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    BodyReader.requirePlain(request);
    RequestOptions options = RequestOptions.ofReadings(request);
    InferenceCall call =
        inference.openStep(
            id, Operation.FORECAST, options.deadline(), HttpCancellation.of(request));
    ForecastOperation operation =
        new ForecastOperation(options, true, ForecastStream.of(request, response));
    bodies.read(request, response, new JsonExchange<>(call, operation, response));
  }
}

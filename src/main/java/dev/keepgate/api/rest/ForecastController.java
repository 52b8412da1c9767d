package dev.keepgate.api.rest;

import dev.keepgate.api.http.StreamFormat;
import dev.keepgate.inference.Operation;
import dev.keepgate.registry.ModelRequest;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
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

  private final JsonHandler handler;

  ForecastController(JsonHandler handler) {
    this.handler = handler;
  }

  @PostMapping({
    InferenceController.MODEL + FORECAST,
    InferenceController.MODEL + InferenceController.VERSION + FORECAST,
    InferenceController.MODEL + InferenceController.LABEL + FORECAST
  })
  void forecast(ModelRequest model, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    handler.ofModel(model, asked(false, request, response), request, response);
  }

  @PostMapping(SequencesController.SEQUENCE + FORECAST)
  void ofSequence(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    handler.ofSequence(id, asked(true, request, response), request, response);
  }

  /**
   * @param kept whether a sequence has the history
   */
  private static JsonHandler.Asked asked(
      boolean kept, HttpServletRequest request, HttpServletResponse response) {
    RequestOptions options = RequestOptions.ofReadings(request);
    return new JsonHandler.Asked(
        Operation.FORECAST,
        options.deadline(),
        new ForecastOperation(options, kept, ForecastStream.of(request, response)));
  }
}

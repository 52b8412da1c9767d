package dev.keepgate.api.rest.csv;

import dev.keepgate.api.http.BodyReader;
import dev.keepgate.api.http.StreamFormat;
import dev.keepgate.api.http.security.HttpCaller;
import dev.keepgate.inference.Inference;
import dev.keepgate.inference.InferenceStream;
import dev.keepgate.inference.Operation;
import dev.keepgate.registry.ModelRequest;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.springframework.http.MediaType;
import org.springframework.web.HttpMediaTypeNotSupportedException;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Files of rows as bodies, at the paths that take JSON as well. */
@RestController
@RequestMapping(
    path = "/v1",
    consumes = AnswerFormat.CSV_TYPE,
    produces = {
      AnswerFormat.CSV_TYPE,
      StreamFormat.NDJSON_TYPE,
      AnswerFormat.ROWS_TYPE,
      MediaType.APPLICATION_JSON_VALUE
    })
class CsvController {

  private final Inference inference;
  private final BodyReader bodies;
  private final CsvProperties properties;

  CsvController(Inference inference, BodyReader bodies, CsvProperties properties) {
    this.inference = inference;
    this.bodies = bodies;
    this.properties = properties;
  }

  @PostMapping({
    "/models/{model}/unroll",
    "/models/{model}/versions/{version}/unroll",
    "/models/{model}/labels/{label}/unroll"
  })
  void unroll(ModelRequest model, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    requireReadable(request);
    CsvOptions options = CsvOptions.ofUnroll(request);
    read(
        stream(Operation.UNROLL, model, options, request),
        Scorers::unroll,
        options,
        request,
        response);
  }

  @PostMapping({
    "/models/{model}/forecast",
    "/models/{model}/versions/{version}/forecast",
    "/models/{model}/labels/{label}/forecast"
  })
  void forecast(ModelRequest model, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    requireReadable(request);
    CsvOptions options = CsvOptions.ofForecast(request);
    read(
        stream(Operation.FORECAST, model, options, request),
        Scorers::forecast,
        options,
        request,
        response);
  }

  @PostMapping({
    "/models/{model}/detect",
    "/models/{model}/versions/{version}/detect",
    "/models/{model}/labels/{label}/detect"
  })
  void detect(ModelRequest model, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    requireReadable(request);
    CsvOptions options = CsvOptions.ofDetection(request);
    read(
        stream(Operation.DETECT, model, options, request),
        Scorers::detect,
        options,
        request,
        response);
  }

  @PostMapping("/sequences/{id}/unroll")
  void unrollSequence(
      @PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    requireReadable(request);
    CsvOptions options = CsvOptions.ofSequence(request);
    InferenceStream stream =
        inference.openStepStream(
            id, Operation.UNROLL, options.deadline(), HttpCaller.clientWhileReading(request));
    read(stream, Scorers::sequence, options, request, response);
  }

  private InferenceStream stream(
      Operation operation, ModelRequest model, CsvOptions options, HttpServletRequest request)
      throws IOException {
    return inference.openStream(
        model, operation, options.deadline(), HttpCaller.clientWhileReading(request));
  }

  private void read(
      InferenceStream stream,
      CsvExchange.ScorerFactory scorers,
      CsvOptions options,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException, ServletException {
    bodies.read(
        request,
        response,
        new CsvExchange(stream, scorers, options, properties, request, response));
  }

  private static void requireReadable(HttpServletRequest request)
      throws IOException, HttpMediaTypeNotSupportedException {
    BodyReader.requireKnownCoding(request);
    MediaType type = MediaType.valueOf(request.getContentType());
    if (type.getCharset() != null && !StandardCharsets.UTF_8.equals(type.getCharset())) {
      throw new HttpMediaTypeNotSupportedException(
          type, List.of(new MediaType(type, StandardCharsets.UTF_8)));
    }
  }
}

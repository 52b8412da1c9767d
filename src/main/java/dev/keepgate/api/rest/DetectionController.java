package dev.keepgate.api.rest;

import dev.keepgate.inference.Operation;
import dev.keepgate.registry.ModelRequest;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.function.Function;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** What is not usual, over HTTP. */
@RestController
@RequestMapping(
    path = InferenceController.MODEL,
    consumes = MediaType.APPLICATION_JSON_VALUE,
    produces = MediaType.APPLICATION_JSON_VALUE)
class DetectionController {

  private static final String DETECT = "/detect";
  private static final String THRESHOLD = "/threshold";

  private final JsonHandler handler;

  DetectionController(JsonHandler handler) {
    this.handler = handler;
  }

  @PostMapping({DETECT, InferenceController.VERSION + DETECT, InferenceController.LABEL + DETECT})
  void detect(ModelRequest model, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    answer(model, DetectionOperation::new, request, response);
  }

  @PostMapping({
    THRESHOLD,
    InferenceController.VERSION + THRESHOLD,
    InferenceController.LABEL + THRESHOLD
  })
  void fitThreshold(ModelRequest model, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    answer(model, ThresholdOperation::new, request, response);
  }

  private void answer(
      ModelRequest model,
      Function<RequestOptions, JsonOperation<?, ?>> operation,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException, ServletException {
    RequestOptions options = RequestOptions.ofReadings(request);
    handler.ofModel(
        model,
        new JsonHandler.Asked(Operation.DETECT, options.deadline(), operation.apply(options)),
        request,
        response);
  }
}

package dev.keepgate.api.rest;

import dev.keepgate.inference.Operation;
import dev.keepgate.registry.ModelRequest;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PathVariable;
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

  @PostMapping({DETECT, InferenceController.VERSION + DETECT})
  void detect(
      @PathVariable String model,
      @PathVariable(required = false) @Nullable String version,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException, ServletException {
    answer(ModelPath.request(model, version), DetectionOperation::new, request, response);
  }

  @PostMapping({THRESHOLD, InferenceController.VERSION + THRESHOLD})
  void fitThreshold(
      @PathVariable String model,
      @PathVariable(required = false) @Nullable String version,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException, ServletException {
    answer(ModelPath.request(model, version), ThresholdOperation::new, request, response);
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

package dev.keepgate.api.rest;

import dev.keepgate.api.http.StreamFormat;
import dev.keepgate.inference.Operation;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.tensor.Npy;
import dev.keepgate.tensor.Safetensors;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Steps and unrolls that are not plain; for those that are there are {@link InferenceRoutes}. */
@RestController
@RequestMapping(
    path = InferenceController.MODEL,
    consumes = {MediaType.APPLICATION_JSON_VALUE, Safetensors.MEDIA_TYPE, Npy.MEDIA_TYPE},
    produces = {MediaType.APPLICATION_JSON_VALUE, Safetensors.MEDIA_TYPE, Npy.MEDIA_TYPE})
class InferenceController {

  static final String MODEL = "/v1/models/{model}";
  static final String VERSION = "/versions/{version}";
  static final String LABEL = "/labels/{label}";
  static final String STEP = "/step";
  static final String UNROLL = "/unroll";

  private final InferenceHandler handler;

  InferenceController(InferenceHandler handler) {
    this.handler = handler;
  }

  @PostMapping({STEP, VERSION + STEP, LABEL + STEP})
  void step(ModelRequest model, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    handler.ofModel(Operation.STEP, model, request, response);
  }

  @PostMapping(
      path = {UNROLL, VERSION + UNROLL, LABEL + UNROLL},
      produces = {
        MediaType.APPLICATION_JSON_VALUE,
        Safetensors.MEDIA_TYPE,
        Npy.MEDIA_TYPE,
        StreamFormat.NDJSON_TYPE,
        StreamFormat.EVENTS_TYPE
      })
  void unroll(ModelRequest model, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    handler.ofModel(Operation.UNROLL, model, request, response);
  }
}

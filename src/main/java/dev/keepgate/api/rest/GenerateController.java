package dev.keepgate.api.rest;

import dev.keepgate.api.http.StreamFormat;
import dev.keepgate.inference.Operation;
import dev.keepgate.registry.ModelRequest;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Text over HTTP. */
@RestController
@RequestMapping(
    path = InferenceController.MODEL,
    consumes = MediaType.APPLICATION_JSON_VALUE,
    produces = {
      MediaType.APPLICATION_JSON_VALUE,
      StreamFormat.NDJSON_TYPE,
      StreamFormat.EVENTS_TYPE
    })
class GenerateController {

  private static final String GENERATE = "/generate";

  private final JsonHandler handler;

  GenerateController(JsonHandler handler) {
    this.handler = handler;
  }

  @PostMapping({
    GENERATE,
    InferenceController.VERSION + GENERATE,
    InferenceController.LABEL + GENERATE
  })
  void generate(ModelRequest model, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    RequestOptions options = RequestOptions.ofGenerate(request);
    StreamFormat format = StreamFormat.of(request.getHeader("Accept"));
    TokenWriter stream = format == null ? null : new TokenWriter(format, response);
    handler.ofModel(
        model,
        new JsonHandler.Asked(
            Operation.GENERATE, options.deadline(), new GenerateOperation(stream)),
        request,
        response);
  }
}

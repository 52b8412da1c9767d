package dev.keepgate.api.rest;

import static dev.keepgate.api.rest.InferenceController.LABEL;
import static dev.keepgate.api.rest.InferenceController.MODEL;
import static dev.keepgate.api.rest.InferenceController.STEP;
import static dev.keepgate.api.rest.InferenceController.UNROLL;
import static dev.keepgate.api.rest.InferenceController.VERSION;

import dev.keepgate.inference.Operation;
import dev.keepgate.tensor.Safetensors;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.HttpRequestHandler;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.handler.SimpleUrlHandlerMapping;

/**
 * The way of plain steps and unrolls to their handler, without a look for arguments, which took a
 * fifth of a small step's time. What is not plain it leaves to the mappings behind it, and to their
 * errors.
 */
@Component
final class InferenceRoutes extends SimpleUrlHandlerMapping {

  private final HandlerExceptionResolver errors;

  InferenceRoutes(InferenceHandler handler, HandlerExceptionResolver handlerExceptionResolver) {
    errors = handlerExceptionResolver;
    Map<String, HttpRequestHandler> routes = new HashMap<>();
    for (Operation operation : List.of(Operation.STEP, Operation.UNROLL)) {
      String end = operation == Operation.STEP ? STEP : UNROLL;
      HttpRequestHandler ofModel =
          answeringErrors(
              (request, response) ->
                  handler.ofModel(operation, ModelRequests.of(request), request, response));
      routes.put(MODEL + end, ofModel);
      routes.put(MODEL + VERSION + end, ofModel);
      routes.put(MODEL + LABEL + end, ofModel);
      routes.put(
          SequencesController.SEQUENCE + end,
          answeringErrors(
              (request, response) ->
                  handler.ofSequence(
                      operation, String.valueOf(variable(request, "id")), request, response)));
    }
    setUrlMap(routes);
    // Before the mappings of annotations, and of the actuator.
    setOrder(Ordered.HIGHEST_PRECEDENCE);
  }

  /** Spring has errors answered for methods of controllers only. */
  private HttpRequestHandler answeringErrors(HttpRequestHandler handler) {
    return (request, response) -> {
      try {
        handler.handleRequest(request, response);
      } catch (IOException | ServletException | RuntimeException e) {
        if (errors.resolveException(request, response, null, e) == null) {
          throw e;
        }
      }
    };
  }

  private static @Nullable String variable(HttpServletRequest request, String name) {
    return request.getAttribute(URI_TEMPLATE_VARIABLES_ATTRIBUTE) instanceof Map<?, ?> variables
        ? (String) variables.get(name)
        : null;
  }

  @Override
  protected @Nullable Object getHandlerInternal(HttpServletRequest request) throws Exception {
    return isPlain(request) ? super.getHandlerInternal(request) : null;
  }

  /** Whether there can be no doubt about method and media types, nor is the path escaped. */
  private static boolean isPlain(HttpServletRequest request) {
    String path = request.getRequestURI();
    return request.getMethod().equals("POST")
        && (path.endsWith(STEP) || path.endsWith(UNROLL))
        && path.indexOf('%') < 0
        && path.indexOf(';') < 0
        && isOurs(request.getContentType())
        && accepts(request.getHeader("Accept"));
  }

  private static boolean isOurs(@Nullable String type) {
    return MediaType.APPLICATION_JSON_VALUE.equals(type) || Safetensors.MEDIA_TYPE.equals(type);
  }

  private static boolean accepts(@Nullable String accept) {
    return accept == null || accept.equals(MediaType.ALL_VALUE) || isOurs(accept);
  }
}

package dev.keepgate.api.oip.http;

import dev.keepgate.api.http.PlainRoutes;
import dev.keepgate.api.oip.OipModelPath;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.HandlerExceptionResolver;

/** The way of requests to infer to {@link InferHandler}, of whatever media types they are. */
@Component
final class InferRoutes extends PlainRoutes {

  static final String ROOT = "/v2";
  static final String LATEST = "/models/{model}/infer";
  static final String VERSIONED = "/models/{model}/versions/{version}/infer";

  private static final String MODELS = ROOT + "/models/";
  private static final String VERSIONS = "versions";
  private static final String INFER = "/infer";

  private final InferHandler handler;

  InferRoutes(InferHandler handler, HandlerExceptionResolver handlerExceptionResolver) {
    super(handlerExceptionResolver);
    this.handler = handler;
  }

  @Override
  protected @Nullable Route route(String path, HttpServletRequest plain) {
    if (!path.startsWith(MODELS)
        || !path.endsWith(INFER)
        || path.length() <= MODELS.length() + INFER.length()
        || !plain.getMethod().equals("POST")
        // There are none, which is said on the way that all others go.
        || plain.getQueryString() != null) {
      return null;
    }
    String[] parts = path.substring(MODELS.length(), path.length() - INFER.length()).split("/", -1);
    String model = parts[0];
    if (parts.length == 1 && !model.isEmpty()) {
      return route(ROOT + LATEST, model, "");
    }
    return parts.length == 3 && !model.isEmpty() && parts[1].equals(VERSIONS) && !parts[2].isEmpty()
        ? route(ROOT + VERSIONED, model, parts[2])
        : null;
  }

  private Route route(String pattern, String model, String version) {
    return new Route(
        pattern,
        (request, response) ->
            handler.infer(OipModelPath.request(model, version), request, response));
  }
}

package dev.keepgate.api.rest;

import dev.keepgate.api.http.PlainRoutes;
import dev.keepgate.tensor.Safetensors;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.HandlerExceptionResolver;

/** The way of plain steps and unrolls to {@link InferenceHandler}. */
@Component
final class InferenceRoutes extends PlainRoutes {

  private final InferenceHandler handler;

  InferenceRoutes(InferenceHandler handler, HandlerExceptionResolver handlerExceptionResolver) {
    super(handlerExceptionResolver);
    this.handler = handler;
  }

  @Override
  protected @Nullable Route route(String asked, HttpServletRequest plain) {
    InferencePath path = isPlain(plain) ? InferencePath.of(asked) : null;
    if (path == null) {
      return null;
    }
    return new Route(
        path.pattern(),
        path.kind() == InferencePath.Kind.SEQUENCE
            ? (request, response) ->
                handler.ofSequence(path.operation(), path.name(), request, response)
            : (request, response) ->
                handler.ofModel(path.operation(), path.model(), request, response));
  }

  private static boolean isPlain(HttpServletRequest request) {
    return request.getMethod().equals("POST")
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

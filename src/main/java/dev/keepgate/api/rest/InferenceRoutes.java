package dev.keepgate.api.rest;

import dev.keepgate.tensor.Safetensors;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.HttpRequestHandler;
import org.springframework.web.filter.ServerHttpObservationFilter;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.handler.AbstractHandlerMapping;

/**
 * The way of plain steps and unrolls to their handler, without a match of patterns or a look for
 * arguments, which took a quarter of a small step's time. What is not plain it leaves to the
 * mappings behind it, and to their errors.
 */
@Component
final class InferenceRoutes extends AbstractHandlerMapping {

  private final InferenceHandler handler;
  private final HandlerExceptionResolver errors;

  InferenceRoutes(InferenceHandler handler, HandlerExceptionResolver handlerExceptionResolver) {
    this.handler = handler;
    this.errors = handlerExceptionResolver;
    // Before the mappings of annotations, and of the actuator.
    setOrder(Ordered.HIGHEST_PRECEDENCE);
  }

  @Override
  protected @Nullable Object getHandlerInternal(HttpServletRequest request) {
    InferencePath path = isPlain(request) ? InferencePath.of(request.getServletPath()) : null;
    if (path == null) {
      return null;
    }
    request.setAttribute(BEST_MATCHING_PATTERN_ATTRIBUTE, path.pattern());
    ServerHttpObservationFilter.findObservationContext(request)
        .ifPresent(context -> context.setPathPattern(path.pattern()));
    return (HttpRequestHandler) (asked, response) -> handle(path, asked, response);
  }

  /** Spring has errors answered for methods of controllers only. */
  private void handle(InferencePath path, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    try {
      if (path.kind() == InferencePath.Kind.SEQUENCE) {
        handler.ofSequence(path.operation(), path.name(), request, response);
      } else {
        handler.ofModel(path.operation(), path.model(), request, response);
      }
    } catch (IOException | ServletException | RuntimeException e) {
      if (errors.resolveException(request, response, null, e) == null) {
        throw e;
      }
    }
  }

  /**
   * Whether there can be no doubt about method, path and media types, and it is the request itself:
   * what is included to tell of its error has its path, too.
   */
  private static boolean isPlain(HttpServletRequest request) {
    return request.getMethod().equals("POST")
        && request.getDispatcherType() == DispatcherType.REQUEST
        // Nothing is escaped or left out, and there is nothing before it.
        && request.getRequestURI().equals(request.getServletPath())
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

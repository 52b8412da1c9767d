package dev.keepgate.api.http;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.web.HttpRequestHandler;
import org.springframework.web.filter.ServerHttpObservationFilter;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.handler.AbstractHandlerMapping;

/**
 * The way of plain requests to their handler, without a match of patterns or a look for arguments,
 * which took a quarter of a small step's time. What is not plain it leaves to the mappings behind
 * it, and to their errors.
 */
public abstract class PlainRoutes extends AbstractHandlerMapping {

  private final HandlerExceptionResolver errors;

  protected PlainRoutes(HandlerExceptionResolver errors) {
    this.errors = errors;
    // Before the mappings of annotations, and of the actuator.
    setOrder(Ordered.HIGHEST_PRECEDENCE);
  }

  /**
   * Where a request goes.
   *
   * @param pattern the path with its variables unset, as routes are written
   */
  public record Route(String pattern, Handler handler) {}

  /** Answers a request. */
  public interface Handler {
    void handle(HttpServletRequest request, HttpServletResponse response)
        throws IOException, ServletException;
  }

  /**
   * Null for any request whose method, path or media types leave a doubt.
   *
   * @param path of the request, in which nothing is escaped
   */
  protected abstract @Nullable Route route(String path, HttpServletRequest request);

  @Override
  protected final @Nullable Object getHandlerInternal(HttpServletRequest request) {
    Route route = isItself(request) ? route(request.getServletPath(), request) : null;
    if (route == null) {
      return null;
    }
    request.setAttribute(BEST_MATCHING_PATTERN_ATTRIBUTE, route.pattern());
    ServerHttpObservationFilter.findObservationContext(request)
        .ifPresent(context -> context.setPathPattern(route.pattern()));
    return (HttpRequestHandler) (asked, response) -> handle(route.handler(), asked, response);
  }

  /**
   * Whether nothing of the path is escaped or left out, with nothing before it, and it is the
   * request itself: what is included to tell of its error has its path, too.
   */
  private static boolean isItself(HttpServletRequest request) {
    return request.getDispatcherType() == DispatcherType.REQUEST
        && request.getRequestURI().equals(request.getServletPath());
  }

  /** Spring has errors answered for methods of controllers only. */
  private void handle(Handler handler, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    try {
      handler.handle(request, response);
    } catch (IOException | ServletException | RuntimeException e) {
      if (errors.resolveException(request, response, null, e) == null) {
        throw e;
      }
    }
  }
}

package dev.keepgate.api.rest;

import static dev.keepgate.api.rest.InferenceController.MODEL;
import static dev.keepgate.api.rest.InferenceController.STEP;
import static dev.keepgate.api.rest.InferenceController.UNROLL;
import static dev.keepgate.api.rest.InferenceController.VERSION;

import dev.keepgate.api.tensor.Safetensors;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerAdapter;
import org.springframework.web.servlet.HandlerExecutionChain;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.ModelAndView;

/**
 * Finds the handler of plain steps and unrolls without asking every mapping there is, and calls it
 * without looking for its arguments, which took a fifth of a small step's time. What is not plain,
 * it leaves to the mappings behind it, and to their errors.
 */
@Component
class InferenceMapping implements HandlerMapping, HandlerAdapter, Ordered {

  private static final String MODELS = MODEL.substring(0, MODEL.indexOf('{'));
  private static final String MODEL_VARIABLE = "model";
  private static final String VERSION_VARIABLE = "version";
  private static final String VERSIONS = VERSION.substring(1, VERSION.lastIndexOf('/'));

  private final Map<String, Route> routes;

  /** What a route's request is handed to. */
  private interface Endpoint {
    void answer(
        String model,
        @Nullable String version,
        HttpServletRequest request,
        HttpServletResponse response)
        throws IOException;
  }

  /** A method of the controller that is called without a look at its parameters. */
  private static final class Route extends HandlerMethod {
    private final Endpoint endpoint;

    Route(InferenceController controller, String name, Endpoint endpoint) {
      super(controller, method(name));
      this.endpoint = endpoint;
    }
  }

  InferenceMapping(InferenceController controller) {
    routes =
        Map.of(
            STEP, new Route(controller, "step", controller::step),
            UNROLL, new Route(controller, "unroll", controller::unroll));
  }

  private static Method method(String name) {
    return Arrays.stream(InferenceController.class.getDeclaredMethods())
        .filter(method -> method.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** Before the mappings of annotations, and of the actuator. */
  @Override
  public int getOrder() {
    return Ordered.HIGHEST_PRECEDENCE;
  }

  @Override
  public @Nullable HandlerExecutionChain getHandler(HttpServletRequest request) {
    String path = request.getRequestURI();
    if (!path.startsWith(MODELS) || !isPlain(request)) {
      return null;
    }
    int end = path.lastIndexOf('/');
    String operation = path.substring(end);
    Route route = routes.get(operation);
    if (route == null || end < MODELS.length()) {
      return null;
    }
    String[] parts = path.substring(MODELS.length(), end).split("/", -1);
    boolean versioned = parts.length == 3 && parts[1].equals(VERSIONS);
    if (!(parts.length == 1 || versioned)) {
      return null;
    }
    request.setAttribute(
        URI_TEMPLATE_VARIABLES_ATTRIBUTE,
        versioned
            ? Map.of(MODEL_VARIABLE, parts[0], VERSION_VARIABLE, parts[2])
            : Map.of(MODEL_VARIABLE, parts[0]));
    request.setAttribute(
        BEST_MATCHING_PATTERN_ATTRIBUTE, MODEL + (versioned ? VERSION : "") + operation);
    return new HandlerExecutionChain(route);
  }

  @Override
  public boolean supports(Object handler) {
    return handler instanceof Route;
  }

  @Override
  public @Nullable ModelAndView handle(
      HttpServletRequest request, HttpServletResponse response, Object handler) throws IOException {
    if (handler instanceof Route route
        && request.getAttribute(URI_TEMPLATE_VARIABLES_ATTRIBUTE) instanceof Map<?, ?> variables
        && variables.get(MODEL_VARIABLE) instanceof String model) {
      Object version = variables.get(VERSION_VARIABLE);
      route.endpoint.answer(model, (String) version, request, response);
      return null;
    }
    throw new IllegalStateException("no route of this mapping: " + handler);
  }

  /**
   * Whether the mapping would be in no doubt about method and media types, nor the path escaped.
   */
  private static boolean isPlain(HttpServletRequest request) {
    String path = request.getRequestURI();
    return request.getMethod().equals("POST")
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

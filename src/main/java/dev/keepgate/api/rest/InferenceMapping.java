package dev.keepgate.api.rest;

import dev.keepgate.api.tensor.Safetensors;
import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerExecutionChain;
import org.springframework.web.servlet.HandlerMapping;

/**
 * Finds the handler of plain steps and unrolls without asking every mapping there is, which took a
 * seventh of a small step's time. What is not plain, it leaves to the mappings behind it, and to
 * their errors.
 */
@Component
class InferenceMapping implements HandlerMapping, Ordered {

  private static final String MODELS = "/v1/models/";
  private static final String VERSIONS = "versions";

  private final Map<String, HandlerMethod> methods = new HashMap<>();

  InferenceMapping(InferenceController controller) {
    for (String operation : new String[] {"step", "unroll"}) {
      methods.put(operation, new HandlerMethod(controller, method(operation)));
    }
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
    String[] parts = path.substring(MODELS.length()).split("/", -1);
    boolean versioned = parts.length == 4 && parts[1].equals(VERSIONS);
    HandlerMethod method = methods.get(parts[parts.length - 1]);
    if (method == null || !(parts.length == 2 || versioned)) {
      return null;
    }
    request.setAttribute(
        URI_TEMPLATE_VARIABLES_ATTRIBUTE,
        versioned ? Map.of("model", parts[0], "version", parts[2]) : Map.of("model", parts[0]));
    request.setAttribute(
        BEST_MATCHING_PATTERN_ATTRIBUTE,
        MODELS
            + (versioned ? "{model}/versions/{version}/" : "{model}/")
            + parts[parts.length - 1]);
    return new HandlerExecutionChain(method);
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

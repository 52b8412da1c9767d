package dev.keepgate.api.http;

import dev.keepgate.tensor.TensorFormatException;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The query parameters of a request. */
public final class QueryParameters {

  private static final String NONE = "is unknown; there are no query parameters here";

  private QueryParameters() {}

  /**
   * Looks whether a request gives none, without a look at its body, which may claim to be a form.
   *
   * @throws TensorFormatException that names the first
   */
  public static void requireNone(HttpServletRequest request) {
    String query = request.getQueryString();
    if (query != null && !query.isEmpty()) {
      String name = query.split("[&=]", 2)[0];
      throw new TensorFormatException("?" + decoded(name), NONE);
    }
  }

  private static String decoded(String name) {
    try {
      return URLDecoder.decode(name, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return name;
    }
  }

  /**
   * Looks whether all that a request gives are known, and none is given twice.
   *
   * @throws TensorFormatException that names the one that is not
   */
  public static void requireOnly(HttpServletRequest request, String... known) {
    List<String> names = Arrays.asList(known);
    for (Map.Entry<String, String[]> given : request.getParameterMap().entrySet()) {
      String pointer = "?" + given.getKey();
      if (!names.contains(given.getKey())) {
        throw new TensorFormatException(
            pointer, names.isEmpty() ? NONE : "is unknown; known are " + String.join(", ", names));
      }
      if (given.getValue().length > 1) {
        throw new TensorFormatException(pointer, "is given twice");
      }
    }
  }
}

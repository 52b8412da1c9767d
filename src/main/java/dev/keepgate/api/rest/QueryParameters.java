package dev.keepgate.api.rest;

import dev.keepgate.tensor.TensorFormatException;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The query parameters of a request. */
final class QueryParameters {

  private QueryParameters() {}

  /**
   * Looks whether all that a request gives are known, and none is given twice.
   *
   * @throws TensorFormatException that names the one that is not
   */
  static void requireOnly(HttpServletRequest request, String... known) {
    List<String> names = Arrays.asList(known);
    for (Map.Entry<String, String[]> given : request.getParameterMap().entrySet()) {
      String pointer = "?" + given.getKey();
      if (!names.contains(given.getKey())) {
        throw new TensorFormatException(
            pointer,
            names.isEmpty()
                ? "is unknown; there are no query parameters here"
                : "is unknown; known are " + String.join(", ", names));
      }
      if (given.getValue().length > 1) {
        throw new TensorFormatException(pointer, "is given twice");
      }
    }
  }
}

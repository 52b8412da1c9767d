package dev.keepgate.api.rest;

import dev.keepgate.api.tensor.JsonBuffer;
import dev.keepgate.api.tensor.Safetensors;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;

/** In what tensors come and go. */
final class BodyFormat {

  private BodyFormat() {}

  static boolean isSafetensors(@Nullable String contentType) {
    return contentType != null && contentType.startsWith(Safetensors.MEDIA_TYPE);
  }

  /** JSON, unless safetensors is asked for by name. */
  static boolean prefersSafetensors(@Nullable String accept) {
    return accept != null
        && !accept.equals(MediaType.APPLICATION_JSON_VALUE)
        && MediaType.parseMediaTypes(accept).stream()
            .anyMatch(
                type ->
                    type.isConcrete()
                        && type.isCompatibleWith(MediaType.valueOf(Safetensors.MEDIA_TYPE)));
  }

  static void send(JsonBuffer json, HttpServletResponse response) throws IOException {
    response.setContentType(MediaType.APPLICATION_JSON_VALUE);
    response.setContentLength(json.size());
    json.flushTo(response.getOutputStream());
  }
}

package dev.keepgate.api.oip.http;

import dev.keepgate.api.http.ErrorFormat;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** The protocol's errors: {@code {"error": "..."}}. */
@Component
class OipErrorFormat implements ErrorFormat {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  @Override
  public boolean covers(String path) {
    return path.equals("/v2") || path.startsWith("/v2/");
  }

  @Override
  public void send(ProblemDetail problem, HttpServletResponse response) throws IOException {
    byte[] body = JSON.writeValueAsBytes(Map.of("error", String.valueOf(problem.getDetail())));
    response.setContentType(MediaType.APPLICATION_JSON_VALUE);
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }
}

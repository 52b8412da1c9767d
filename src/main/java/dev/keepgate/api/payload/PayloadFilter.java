package dev.keepgate.api.payload;

import dev.keepgate.api.error.RequestId;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.web.filter.OncePerRequestFilter;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Logs a share of the requests that compute, each once it is answered. Of the headers only the
 * types are logged, by which it can be sent again; never a key.
 */
final class PayloadFilter extends OncePerRequestFilter {

  private static final String MODEL = "/models/[^/]+(?:/(?:versions|labels)/[^/]+)?";
  private static final Pattern COMPUTES =
      Pattern.compile(
          "/v1"
              + MODEL
              + "/(?:step|unroll|forecast|detect|generate|sequences)"
              + "|/v1/sequences/[^/]+/(?:step|unroll|forecast|fork)"
              + "|/v1/timeseries/forecast"
              + "|/v2"
              + MODEL
              + "/infer");

  private final PayloadFile file;
  private final PayloadLogProperties properties;

  PayloadFilter(PayloadFile file, PayloadLogProperties properties) {
    this.file = file;
    this.properties = properties;
  }

  @Override
  protected boolean shouldNotFilter(HttpServletRequest request) {
    return ThreadLocalRandom.current().nextDouble() >= properties.sample()
        || !request.getMethod().equals("POST")
        || !COMPUTES.matcher(request.getRequestURI()).matches();
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    String time = Instant.now().toString();
    int most = Math.toIntExact(properties.maxBody().toBytes());
    CapturedRequest sent = new CapturedRequest(request, most);
    CapturedResponse answered = new CapturedResponse(response, most);
    chain.doFilter(sent, answered);
    Runnable log = () -> log(time, sent, answered);
    if (request.isAsyncStarted()) {
      request.getAsyncContext().addListener(new AtEnd(log));
    } else {
      log.run();
    }
  }

  /** Runs when an asynchronous request is over. */
  private record AtEnd(Runnable task) implements AsyncListener {

    @Override
    public void onComplete(AsyncEvent event) {
      task.run();
    }

    @Override
    public void onTimeout(AsyncEvent event) {}

    @Override
    public void onError(AsyncEvent event) {}

    @Override
    public void onStartAsync(AsyncEvent event) {}
  }

  private void log(String time, CapturedRequest request, CapturedResponse response) {
    byte[] body = request.body();
    byte[] answer = response.body();
    if (body == null || answer == null) {
      return;
    }
    ObjectNode line = JsonMapper.shared().createObjectNode();
    line.put("time", time);
    put(line, "request_id", response.getHeader(RequestId.HEADER));
    line.put("method", request.getMethod());
    line.put("path", request.getRequestURI());
    put(line, "query", request.getQueryString());
    put(line, "content_type", request.getContentType());
    put(line, "content_encoding", request.getHeader("Content-Encoding"));
    put(line, "accept", request.getHeader("Accept"));
    put(line, "header_length", request.getHeader("Inference-Header-Content-Length"));
    put(line, "body", body);
    line.put("status", response.getStatus());
    put(line, "answer_type", response.getContentType());
    put(line, "answer", answer);
    file.write(line.toString());
  }

  private static void put(ObjectNode line, String name, @Nullable String value) {
    if (value != null) {
      line.put(name, value);
    }
  }

  /** Text as it is, other bytes in base64. */
  private static void put(ObjectNode line, String name, byte[] bytes) {
    try {
      line.put(name, StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      line.put(name + "_base64", Base64.getEncoder().encodeToString(bytes));
    }
  }
}

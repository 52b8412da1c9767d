package dev.keepgate.api.payload;

import dev.keepgate.api.error.RequestId;
import dev.keepgate.api.http.InferencePaths;
import dev.keepgate.memory.InFlightMemory;
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
import org.jspecify.annotations.Nullable;
import org.springframework.web.filter.OncePerRequestFilter;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Logs a share of the requests that compute, each once it is answered. Of the headers only the
 * types are logged, by which it can be sent again; never a key.
 */
final class PayloadFilter extends OncePerRequestFilter {

  private final PayloadFile file;
  private final PayloadLogProperties properties;
  private final InFlightMemory memory;

  PayloadFilter(PayloadFile file, PayloadLogProperties properties, InFlightMemory memory) {
    this.memory = memory;
    this.file = file;
    this.properties = properties;
  }

  @Override
  protected boolean shouldNotFilter(HttpServletRequest request) {
    return ThreadLocalRandom.current().nextDouble() >= properties.sample()
        || !request.getMethod().equals("POST")
        || !InferencePaths.contain(request.getServletPath());
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    String time = Instant.now().toString();
    int most = Math.toIntExact(properties.maxBody().toBytes());
    CaptureMemory held = new CaptureMemory(memory.open());
    CapturedRequest sent = new CapturedRequest(request, most, held);
    CapturedResponse answered = new CapturedResponse(response, most, held);
    Runnable log = () -> log(time, sent, answered, held);
    boolean isFollowed = false;
    try {
      chain.doFilter(sent, answered);
      if (request.isAsyncStarted()) {
        request.getAsyncContext().addListener(new AtEnd(log));
      } else {
        log.run();
      }
      isFollowed = true;
    } finally {
      if (!isFollowed) {
        held.close();
      }
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

  private void log(
      String time, CapturedRequest request, CapturedResponse response, CaptureMemory held) {
    ObjectNode asked = JsonMapper.shared().createObjectNode();
    asked.put("time", time);
    put(asked, "request_id", response.getHeader(RequestId.HEADER));
    asked.put("method", request.getMethod());
    asked.put("path", request.getRequestURI());
    put(asked, "query", request.getQueryString());
    put(asked, "content_type", request.getContentType());
    put(asked, "content_encoding", request.getHeader("Content-Encoding"));
    put(asked, "accept", request.getHeader("Accept"));
    put(asked, "header_length", request.getHeader("Inference-Header-Content-Length"));
    ObjectNode answered = JsonMapper.shared().createObjectNode();
    answered.put("status", response.getStatus());
    put(answered, "answer_type", response.getContentType());
    Captured body = request.body();
    Captured answer = response.body();
    file.write(() -> line(asked, body, answered, answer), held::close);
  }

  /** Null where a body or an answer was not kept. */
  private static @Nullable String line(
      ObjectNode asked, Captured body, ObjectNode answered, Captured answer) {
    byte[] sent = body.all();
    byte[] received = answer.all();
    if (sent == null || received == null) {
      return null;
    }
    put(asked, "body", sent);
    asked.setAll(answered);
    put(asked, "answer", received);
    return asked.toString();
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

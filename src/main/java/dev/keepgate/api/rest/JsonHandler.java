package dev.keepgate.api.rest;

import dev.keepgate.api.http.BodyReader;
import dev.keepgate.api.http.security.HttpCaller;
import dev.keepgate.inference.Inference;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.inference.Operation;
import dev.keepgate.registry.ModelRequest;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Operations whose requests and answers are JSON objects, over HTTP. */
@Component
final class JsonHandler {

  private final Inference inference;
  private final BodyReader bodies;

  JsonHandler(Inference inference, BodyReader bodies) {
    this.inference = inference;
    this.bodies = bodies;
  }

  /**
   * What is asked, and by when.
   *
   * @param deadline after which the work is dropped; null where not said
   */
  record Asked(Operation operation, @Nullable Duration deadline, JsonOperation<?, ?> form) {}

  /** Answers a request of a model. */
  void ofModel(
      ModelRequest model, Asked asked, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    BodyReader.requireKnownCoding(request);
    read(
        inference.open(model, asked.operation(), asked.deadline(), HttpCaller.client(request)),
        asked,
        request,
        response);
  }

  /** Answers a request of a sequence. */
  void ofSequence(String id, Asked asked, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    BodyReader.requireKnownCoding(request);
    read(
        inference.openStep(id, asked.operation(), asked.deadline(), HttpCaller.client(request)),
        asked,
        request,
        response);
  }

  private void read(
      InferenceCall call, Asked asked, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    bodies.read(request, response, new JsonExchange<>(call, asked.form(), response));
  }
}

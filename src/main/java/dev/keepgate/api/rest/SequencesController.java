package dev.keepgate.api.rest;

import dev.keepgate.api.http.Body;
import dev.keepgate.api.http.BodyExchange;
import dev.keepgate.api.http.BodyReader;
import dev.keepgate.api.http.QueryParameters;
import dev.keepgate.api.http.security.HttpCaller;
import dev.keepgate.api.json.JsonFields;
import dev.keepgate.inference.ErrorCode;
import dev.keepgate.inference.Inference;
import dev.keepgate.inference.InferenceException;
import dev.keepgate.inference.OpenRequest;
import dev.keepgate.inference.Operation;
import dev.keepgate.inference.SequenceInfo;
import dev.keepgate.inference.Sequences;
import dev.keepgate.inference.SequencesElsewhere;
import dev.keepgate.memory.RequestMemory;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.tensor.Safetensors;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.HttpMediaTypeNotSupportedException;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping(
    path = "/v1",
    produces = {MediaType.APPLICATION_JSON_VALUE, Safetensors.MEDIA_TYPE})
class SequencesController {

  private static final List<MediaType> FORMATS =
      List.of(MediaType.APPLICATION_JSON, MediaType.valueOf(Safetensors.MEDIA_TYPE));

  static final String SEQUENCE = "/v1/sequences/{id}";

  private final ModelRegistry registry;
  private final Sequences sequences;
  private final Inference inference;
  private final InferenceHandler handler;
  private final BodyReader bodies;
  private final SequencesElsewhere elsewhere;

  SequencesController(
      ModelRegistry registry,
      Sequences sequences,
      Inference inference,
      InferenceHandler handler,
      BodyReader bodies,
      ObjectProvider<SequencesElsewhere> elsewhere) {
    this.elsewhere = elsewhere.getIfAvailable(() -> SequencesElsewhere.NONE);
    this.registry = registry;
    this.sequences = sequences;
    this.inference = inference;
    this.handler = handler;
    this.bodies = bodies;
  }

  @PostMapping({
    "/models/{model}/sequences",
    "/models/{model}/versions/{version}/sequences",
    "/models/{model}/labels/{label}/sequences"
  })
  void open(ModelRequest model, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    BodyReader.requireKnownCoding(request);
    QueryParameters.requireOnly(request, "id", "batch", "step", "ttl");
    ModelHandle handle = registry.acquire(model);
    RequestMemory memory = inference.openMemory();
    read(
        request,
        response,
        memory,
        handle,
        body -> {
          requireFormat(body, request);
          OpenReader reader =
              new OpenReader(handle.id(), handle.signature(), request, memory::change);
          OpenRequest asked =
              TensorFormat.ofBody(request.getContentType()).isBinary()
                  ? reader.readSafetensors(body)
                  : reader.readJson(body);
          created(sequences.open(handle, asked, HttpCaller.of(request)), response);
        });
  }

  /** Answers a request whose body is here. */
  private interface Response {
    void write(Body body) throws IOException, ServletException;
  }

  /**
   * Reads a body, and has its request answered.
   *
   * @param held closed when the request is over, with its memory
   */
  private void read(
      HttpServletRequest request,
      HttpServletResponse response,
      RequestMemory memory,
      @Nullable ModelHandle held,
      Response answer)
      throws IOException, ServletException {
    bodies.read(
        request,
        response,
        new BodyExchange() {
          @Override
          public RequestMemory memory() {
            return memory;
          }

          @Override
          public void answer(Body body) throws IOException, ServletException {
            answer.write(body);
          }

          @Override
          public void close() {
            memory.close();
            if (held != null) {
              held.close();
            }
          }
        });
  }

  private static void created(SequenceInfo info, HttpServletResponse response)
      throws IOException, ServletException {
    response.setStatus(HttpStatus.CREATED.value());
    response.setHeader("Location", "/v1/sequences/" + info.id());
    SequenceWriter.write(info, false, false, response);
  }

  /** A body may be empty, and then of no type. */
  private static void requireFormat(Body body, HttpServletRequest request)
      throws HttpMediaTypeNotSupportedException {
    String type = request.getContentType();
    if (!body.isEmpty()
        && (type == null
            || FORMATS.stream().noneMatch(MediaType.valueOf(type)::isCompatibleWith))) {
      throw new HttpMediaTypeNotSupportedException(
          type == null ? null : MediaType.valueOf(type), FORMATS);
    }
  }

  @PostMapping(
      path = "/sequences/{id}/step",
      consumes = {MediaType.APPLICATION_JSON_VALUE, Safetensors.MEDIA_TYPE})
  void step(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    handler.ofSequence(Operation.STEP, id, request, response);
  }

  @PostMapping(
      path = "/sequences/{id}/unroll",
      consumes = {MediaType.APPLICATION_JSON_VALUE, Safetensors.MEDIA_TYPE})
  void unroll(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    handler.ofSequence(Operation.UNROLL, id, request, response);
  }

  private static boolean wantsSafetensors(HttpServletRequest request) {
    return TensorFormat.preferred(request.getHeader("Accept")) == TensorFormat.SAFETENSORS;
  }

  @GetMapping("/sequences/{id}")
  void export(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    QueryParameters.requireOnly(request);
    SequenceInfo info = find(id, request, response);
    if (info == null) {
      return;
    }
    try (RequestMemory memory = inference.openMemory()) {
      memory.take(SequenceWriter.encodedBytes(info, wantsSafetensors(request)));
      SequenceWriter.write(info, true, wantsSafetensors(request), response);
    }
  }

  /** Null where another server has answered. */
  private @Nullable SequenceInfo find(
      String id, HttpServletRequest request, HttpServletResponse response) throws IOException {
    try {
      return sequences.find(id, HttpCaller.of(request));
    } catch (InferenceException.SequenceRefused e) {
      if (e.code() != ErrorCode.SEQUENCE_NOT_FOUND) {
        throw e;
      }
      SequenceInfo found = elsewhere.find(id);
      SequencesElsewhere.Answer answer =
          found == null ? elsewhere.ask(id, request::getHeader) : null;
      if (answer != null) {
        response.setContentType(answer.type());
        response.getOutputStream().write(answer.body());
      } else if (found == null) {
        throw e;
      }
      return found;
    }
  }

  @PostMapping("/sequences/{id}/fork")
  void fork(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    BodyReader.requireKnownCoding(request);
    QueryParameters.requireOnly(request);
    RequestMemory memory = inference.openMemory();
    read(
        request,
        response,
        memory,
        null,
        body -> {
          requireFormat(body, request);
          ForkFields fields = new ForkFields();
          if (!body.isEmpty()) {
            JsonFields.read(body.bytes(), body.size(), fields::read);
          }
          created(sequences.fork(id, fields.id, fields.ttl, HttpCaller.of(request)), response);
        });
  }

  /** What a fork may say. */
  private static final class ForkFields {
    private @Nullable String id;
    private @Nullable Duration ttl;

    private void read(tools.jackson.core.JsonParser json, String field) {
      switch (field) {
        case "id" -> id = JsonFields.optionalText(json, "/id");
        case "ttl" -> ttl = RequestOptions.duration("/ttl", JsonFields.optionalText(json, "/ttl"));
        default -> throw JsonFields.unknown(field, "id, ttl");
      }
    }
  }

  @DeleteMapping(path = "/sequences/{id}", produces = MediaType.ALL_VALUE)
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void delete(@PathVariable String id, HttpServletRequest request) {
    QueryParameters.requireOnly(request);
    sequences.delete(id, HttpCaller.of(request));
  }
}

package dev.keepgate.api.rest;

import dev.keepgate.api.http.BodyLimit;
import dev.keepgate.api.http.HttpCaller;
import dev.keepgate.api.http.HttpProperties;
import dev.keepgate.api.tensor.Safetensors;
import dev.keepgate.api.tensor.TensorFormatException;
import dev.keepgate.inference.InferenceListener;
import dev.keepgate.inference.InferenceListener.Stage;
import dev.keepgate.inference.OpenRequest;
import dev.keepgate.inference.Operation;
import dev.keepgate.inference.SequenceAnswer;
import dev.keepgate.inference.SequenceCall;
import dev.keepgate.inference.SequenceInfo;
import dev.keepgate.inference.Sequences;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
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
@Tag(name = "sequences", description = "Step with a state that the server keeps.")
@RequestMapping(
    path = "/v1",
    produces = {MediaType.APPLICATION_JSON_VALUE, Safetensors.MEDIA_TYPE})
class SequencesController {

  private static final List<MediaType> FORMATS =
      List.of(MediaType.APPLICATION_JSON, MediaType.valueOf(Safetensors.MEDIA_TYPE));

  private final ModelRegistry registry;
  private final Sequences sequences;
  private final InferenceListener listener;
  private final HttpProperties properties;

  SequencesController(
      ModelRegistry registry,
      Sequences sequences,
      InferenceListener listener,
      HttpProperties properties) {
    this.registry = registry;
    this.sequences = sequences;
    this.listener = listener;
    this.properties = properties;
  }

  @SequenceDocs.Open
  @PostMapping({"/models/{model}/sequences", "/models/{model}/versions/{version}/sequences"})
  void open(
      @PathVariable String model,
      @PathVariable(required = false) @Nullable String version,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException, HttpMediaTypeNotSupportedException {
    try (ModelHandle handle = registry.acquire(ModelPath.request(model, version))) {
      byte[] body = body(request);
      OpenReader reader = new OpenReader(handle.id(), handle.config(), request);
      OpenRequest asked =
          BodyFormat.isSafetensors(request.getContentType())
              ? reader.readSafetensors(body)
              : reader.readJson(body);
      created(sequences.open(handle, asked), response);
    }
  }

  private static void created(SequenceInfo info, HttpServletResponse response) throws IOException {
    response.setStatus(HttpStatus.CREATED.value());
    response.setHeader("Location", "/v1/sequences/" + info.id());
    SequenceWriter.write(info, false, false, response);
  }

  /** The whole body, which may be empty, and then of no type. */
  private byte[] body(HttpServletRequest request)
      throws IOException, HttpMediaTypeNotSupportedException {
    byte[] body = BodyLimit.of(request, properties.maxBody().toBytes()).readAllBytes();
    String type = request.getContentType();
    if (body.length > 0
        && (type == null
            || FORMATS.stream().noneMatch(MediaType.valueOf(type)::isCompatibleWith))) {
      throw new HttpMediaTypeNotSupportedException(
          type == null ? null : MediaType.valueOf(type), FORMATS);
    }
    return body;
  }

  @SequenceDocs.Step
  @PostMapping(
      path = "/sequences/{id}/step",
      consumes = {MediaType.APPLICATION_JSON_VALUE, Safetensors.MEDIA_TYPE})
  void step(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    advance(id, Operation.STEP, request, response);
  }

  @SequenceDocs.Unroll
  @PostMapping(
      path = "/sequences/{id}/unroll",
      consumes = {MediaType.APPLICATION_JSON_VALUE, Safetensors.MEDIA_TYPE})
  void unroll(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    advance(id, Operation.UNROLL, request, response);
  }

  private void advance(
      String id, Operation operation, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    long begun = System.nanoTime();
    boolean success = false;
    RequestOptions options = RequestOptions.of(request);
    try (SequenceCall call = sequences.call(id, options.deadline(), HttpCaller.of(request))) {
      try {
        byte[] body = BodyLimit.of(request, properties.maxBody().toBytes()).readAllBytes();
        SequenceStepRequest asked =
            BodyFormat.isSafetensors(request.getContentType())
                ? RequestReader.readSequenceSafetensors(body, call.config(), options)
                : RequestReader.readSequenceJson(body, call.config(), options);
        listener.stage(call.model(), operation, Stage.READ, since(begun));
        SequenceAnswer answer = sequences.advance(call, operation, asked.request(), asked.step());
        long computed = System.nanoTime();
        SequenceWriter.write(answer, asked.returnState(), wantsSafetensors(request), response);
        listener.stage(call.model(), operation, Stage.WRITE, since(computed));
        success = true;
      } finally {
        listener.answered(call.model(), operation, success, since(begun));
      }
    }
  }

  private static boolean wantsSafetensors(HttpServletRequest request) {
    return BodyFormat.prefersSafetensors(request.getHeader("Accept"));
  }

  private static Duration since(long nanoTime) {
    return Duration.ofNanos(System.nanoTime() - nanoTime);
  }

  @SequenceDocs.Export
  @GetMapping("/sequences/{id}")
  void export(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    SequenceWriter.write(sequences.find(id), true, wantsSafetensors(request), response);
  }

  @SequenceDocs.Fork
  @PostMapping("/sequences/{id}/fork")
  void fork(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException, HttpMediaTypeNotSupportedException {
    ForkFields fields = new ForkFields();
    byte[] body = body(request);
    if (body.length > 0) {
      OpenReader.readFields(body, fields::read);
    }
    created(sequences.fork(id, fields.id, fields.ttl), response);
  }

  /** What a fork may say. */
  private static final class ForkFields {
    private @Nullable String id;
    private @Nullable Duration ttl;

    private void read(tools.jackson.core.JsonParser json, String field) {
      switch (field) {
        case "id" -> id = OpenReader.text(json, "/id");
        case "ttl" -> ttl = RequestOptions.duration("/ttl", OpenReader.text(json, "/ttl"));
        default ->
            throw new TensorFormatException(
                TensorFormatException.token(field), "is unknown; known are id, ttl");
      }
    }
  }

  @SequenceDocs.Delete
  @DeleteMapping("/sequences/{id}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void delete(@PathVariable String id) {
    sequences.delete(id);
  }
}

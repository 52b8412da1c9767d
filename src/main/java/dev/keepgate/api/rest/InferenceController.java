package dev.keepgate.api.rest;

import dev.keepgate.api.http.BodyLimit;
import dev.keepgate.api.http.HttpCaller;
import dev.keepgate.api.http.HttpProperties;
import dev.keepgate.api.http.StreamFormat;
import dev.keepgate.api.tensor.Safetensors;
import dev.keepgate.api.tensor.TensorFormatException;
import dev.keepgate.inference.Admission;
import dev.keepgate.inference.Answer;
import dev.keepgate.inference.Inference;
import dev.keepgate.inference.InferenceListener;
import dev.keepgate.inference.InferenceListener.Stage;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.Operation;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
@Tag(name = "inference", description = "Step a cell with a given state, or unroll a sequence.")
@RequestMapping(
    path = InferenceController.MODEL,
    consumes = {MediaType.APPLICATION_JSON_VALUE, Safetensors.MEDIA_TYPE},
    produces = {MediaType.APPLICATION_JSON_VALUE, Safetensors.MEDIA_TYPE})
class InferenceController {

  static final String MODEL = "/v1/models/{model}";
  static final String VERSION = "/versions/{version}";
  static final String STEP = "/step";
  static final String UNROLL = "/unroll";

  private final ModelRegistry registry;
  private final Inference inference;
  private final InferenceListener listener;
  private final HttpProperties properties;

  InferenceController(
      ModelRegistry registry,
      Inference inference,
      InferenceListener listener,
      HttpProperties properties) {
    this.registry = registry;
    this.inference = inference;
    this.listener = listener;
    this.properties = properties;
  }

  @InferenceDocs.Step
  @PostMapping({STEP, VERSION + STEP})
  void step(
      @PathVariable String model,
      @PathVariable(required = false) @Nullable String version,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    answer(Operation.STEP, model, version, request, response);
  }

  @InferenceDocs.Unroll
  @PostMapping(
      path = {UNROLL, VERSION + UNROLL},
      produces = {
        MediaType.APPLICATION_JSON_VALUE,
        Safetensors.MEDIA_TYPE,
        StreamFormat.NDJSON_TYPE,
        StreamFormat.EVENTS_TYPE
      })
  void unroll(
      @PathVariable String model,
      @PathVariable(required = false) @Nullable String version,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    answer(Operation.UNROLL, model, version, request, response);
  }

  private void answer(
      Operation operation,
      String model,
      @Nullable String version,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    long begun = System.nanoTime();
    boolean success = false;
    try (ModelHandle handle = registry.acquire(ModelPath.request(model, version))) {
      try {
        RequestOptions options = RequestOptions.of(request);
        byte[] body = BodyLimit.of(request, properties.maxBody().toBytes()).readAllBytes();
        try (Admission admission =
            inference.admit(handle, options.deadline(), HttpCaller.of(request))) {
          InferenceRequest tensors = read(body, request.getContentType(), handle.config(), options);
          Duration reading = since(begun).minus(admission.waited());
          listener.stage(handle.id(), operation, Stage.READ, reading);
          answer(admission, handle.id(), operation, tensors, request, response);
        }
        success = true;
      } finally {
        listener.answered(handle.id(), operation, success, since(begun));
      }
    }
  }

  private void answer(
      Admission admission,
      ModelId model,
      Operation operation,
      InferenceRequest tensors,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    StreamFormat format = StreamFormat.of(request.getHeader("Accept"));
    if (format != null && operation == Operation.UNROLL) {
      stream(admission, tensors, new StreamWriter(format, response));
    } else {
      Answer answer = inference.infer(admission, operation, tensors);
      long computed = System.nanoTime();
      write(answer, request, response);
      listener.stage(model, operation, Stage.WRITE, since(computed));
    }
  }

  private void stream(Admission admission, InferenceRequest tensors, StreamWriter writer)
      throws IOException {
    if (tensors.trace()) {
      throw new TensorFormatException("/trace", "a stream has no trace");
    }
    writer.end(inference.stream(admission, tensors, writer));
  }

  private static InferenceRequest read(
      byte[] body, @Nullable String mediaType, LstmConfig config, RequestOptions options) {
    return BodyFormat.isSafetensors(mediaType)
        ? RequestReader.readSafetensors(body, config, options)
        : RequestReader.readJson(body, config, options);
  }

  private static void write(Answer answer, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    AnswerWriter writer = new AnswerWriter(answer);
    if (BodyFormat.prefersSafetensors(request.getHeader("Accept"))) {
      response.setContentType(Safetensors.MEDIA_TYPE);
      writer.writeSafetensors(response.getOutputStream());
    } else {
      BodyFormat.send(writer.json(), response);
    }
  }

  private static Duration since(long nanoTime) {
    return Duration.ofNanos(System.nanoTime() - nanoTime);
  }
}

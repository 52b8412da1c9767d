package dev.keepgate.inference;

import dev.keepgate.memory.InFlightMemory;
import dev.keepgate.memory.RequestMemory;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.security.Caller;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The one way through for steps and unrolls of every protocol: look the model up, admit, decode,
 * validate, compute, validate, encode. A protocol brings a {@link RequestDecoder} and a {@link
 * ResultEncoder}.
 */
public final class Inference {

  private final ModelRegistry registry;
  private final Computation computation;
  private final Forecasts forecasts;
  private final Detections detections;
  private final Thresholds thresholds;
  private final Generations generations;
  private final Sequences sequences;
  private final InFlightMemory memory;
  private final InferenceProperties properties;
  private final ObservationRegistry observations;

  public Inference(
      ModelRegistry registry,
      Computation computation,
      Sequences sequences,
      InFlightMemory memory,
      InferenceProperties properties,
      ObservationRegistry observations) {
    this.registry = registry;
    this.computation = computation;
    this.forecasts = new Forecasts(computation, properties);
    this.detections = new Detections(computation);
    this.thresholds = new Thresholds(detections, registry);
    this.generations = new Generations(computation, properties);
    this.sequences = sequences;
    this.memory = memory;
    this.properties = properties;
    this.observations = observations;
  }

  /**
   * Begins a request of a model, whose body is still to be read.
   *
   * @param operation what is asked, as far as it is known
   * @param deadline after which the work is dropped; null for the server's own
   * @param client who waits: the work is dropped where they have gone
   * @throws dev.keepgate.registry.RegistryException if there is no such model
   */
  public InferenceCall open(
      ModelRequest model, Operation operation, @Nullable Duration deadline, Client client) {
    return open(model, operation, deadline, client, memory.open());
  }

  /**
   * Begins a request of a model, some of whose body is here.
   *
   * @param held what the request holds so far; the call's from now on, unless this fails
   * @throws dev.keepgate.registry.RegistryException if there is no such model
   */
  public InferenceCall open(
      ModelRequest model,
      Operation operation,
      @Nullable Duration deadline,
      Client client,
      RequestMemory held) {
    return call(
        registry.acquire(model),
        operation,
        new InferenceCall.Conditions(model, deadline(deadline), client),
        held);
  }

  /**
   * Begins a step of a sequence, or a look at what may follow it, whose body is still to be read.
   *
   * @throws InferenceException if there is no such sequence, or its model is gone
   */
  public InferenceCall openStep(
      String sequence, Operation operation, @Nullable Duration deadline, Client client) {
    Sequences.Found found =
        operation.isStep()
            ? sequences.lookUpForStep(sequence, client.caller())
            : sequences.lookUp(sequence, client.caller());
    InferenceCall call =
        call(
            found.handle(),
            operation,
            new InferenceCall.Conditions(null, deadline(deadline), client),
            memory.open());
    call.step(found, false);
    return call;
  }

  /**
   * Begins a request of a model that whoever asks has borrowed, for whom there is no deadline.
   *
   * @param handle which stays the caller's
   */
  InferenceCall open(ModelHandle handle, Operation operation, Client client) {
    InferenceCall.Conditions conditions =
        new InferenceCall.Conditions(null, OptionalLong.empty(), client);
    return call(handle.share(), operation, conditions, memory.open());
  }

  /**
   * Begins a request of a model that is computed a part at a time, as its body comes.
   *
   * @param deadline after which the rest is dropped; null where each part has the server's own
   * @throws dev.keepgate.registry.RegistryException if there is no such model
   */
  public InferenceStream openStream(
      ModelRequest model, Operation operation, @Nullable Duration deadline, Client client) {
    ModelHandle handle = registry.acquire(model);
    OptionalLong end = deadline == null ? OptionalLong.empty() : deadline(deadline);
    return new InferenceStream(
        handle,
        memory.open(),
        () ->
            call(
                handle.share(),
                operation,
                new InferenceCall.Conditions(model, end.isPresent() ? end : deadline(null), client),
                memory.open()));
  }

  /**
   * Begins steps of a sequence that are taken a part at a time, as their body comes.
   *
   * @throws InferenceException if there is no such sequence, or its model is gone
   */
  public InferenceStream openStepStream(
      String sequence, Operation operation, @Nullable Duration deadline, Client client) {
    Sequences.Found found = sequences.lookUp(sequence, client.caller());
    OptionalLong end = deadline == null ? OptionalLong.empty() : deadline(deadline);
    return new InferenceStream(
        found.handle(),
        memory.open(),
        () -> {
          Sequences.Found now = lookUpAgain(sequence, client.caller(), found.handle());
          InferenceCall call =
              call(
                  now.handle(),
                  operation,
                  new InferenceCall.Conditions(
                      null, end.isPresent() ? end : deadline(null), client),
                  memory.open());
          call.step(now, false);
          return call;
        });
  }

  /** Looks a sequence up that was found before, and is another model's now, perhaps. */
  private Sequences.Found lookUpAgain(String id, Caller caller, ModelHandle handle) {
    Sequences.Found found = sequences.lookUp(id, caller);
    if (!found.handle().isSameModel(handle)) {
      found.handle().close();
      throw new InferenceException.SequenceRefused(
          ErrorCode.SEQUENCE_NOT_FOUND,
          "sequence %s was replaced".formatted(id),
          Duration.ZERO,
          null);
    }
    return found;
  }

  private InferenceCall call(
      ModelHandle handle,
      Operation operation,
      InferenceCall.Conditions conditions,
      RequestMemory held) {
    InferenceContext context = new InferenceContext(handle, operation);
    Observation observation = Observation.start(InferenceContext.NAME, () -> context, observations);
    return new InferenceCall(this, handle, conditions, held, context, observation);
  }

  /** Memory for a body that is no request to compute, such as one that opens a sequence. */
  public RequestMemory openMemory() {
    return memory.open();
  }

  /** {@link System#nanoTime()} past which a request that begins now is dropped. */
  private OptionalLong deadline(@Nullable Duration asked) {
    Duration deadline = asked != null ? asked : properties.defaultDeadline();
    return deadline == null
        ? OptionalLong.empty()
        : OptionalLong.of(System.nanoTime() + deadline.toNanos());
  }

  boolean tryAdmit(InferenceCall call) {
    return computation.tryAdmit(call);
  }

  <R> R infer(InferenceCall call, RequestDecoder decoder, ResultEncoder<R> encoder)
      throws IOException {
    InferenceRequest request = read(call, decoder);
    if (call.sequence() == null) {
      return begin(call, request, encoder).answer();
    }
    InferenceResult result = sequences.advance(call, request, encoder::encodedBytes);
    // Before the client knows: its next step may be here before this one's answer is written.
    computation.shadows().answered(call, request, result);
    return encoded(call, result, encoder);
  }

  <R> PendingAnswer<R> begin(InferenceCall call, RequestDecoder decoder, ResultEncoder<R> encoder) {
    InferenceRequest request = read(call, decoder);
    if (call.sequence() != null) {
      throw new IllegalStateException("a step of a sequence may wait for its turn");
    }
    return begin(call, request, encoder);
  }

  private <R> PendingAnswer<R> begin(
      InferenceCall call, InferenceRequest request, ResultEncoder<R> encoder) {
    Computation.Started started = computation.begin(call, request, null, encoder::encodedBytes);
    return new PendingAnswer<>(
        started,
        result -> {
          R encoded = encoded(call, result, encoder);
          computation.shadows().answered(call, request, result);
          return encoded;
        });
  }

  InferenceResult stream(InferenceCall call, RequestDecoder decoder, StepSink sink)
      throws IOException {
    InferenceRequest request = read(call, decoder).withReturnSequences();
    InferenceResult result = computation.stream(call, request, sink);
    call.computed();
    call.context().answered();
    computation.shadows().answered(call, request, result);
    return result;
  }

  <R> R forecast(
      InferenceCall call,
      BodyDecoder<ForecastRequest> decoder,
      AnswerEncoder<ForecastResult, R> encoder)
      throws IOException {
    return answer(
        call,
        decoder,
        (of, request, bytes) -> forecasts.forecast(of, request, bytes, ForecastSink.NONE),
        encoder);
  }

  ForecastResult forecast(
      InferenceCall call, BodyDecoder<ForecastRequest> decoder, ForecastSink sink)
      throws IOException {
    // A step at a time is encoded, into a buffer that is used again.
    ForecastResult result = forecasts.forecast(call, decoded(call, decoder), numbers -> 0, sink);
    call.computed();
    call.context().answered();
    return result;
  }

  <R> R detect(
      InferenceCall call,
      BodyDecoder<DetectionRequest> decoder,
      AnswerEncoder<DetectionResult, R> encoder)
      throws IOException {
    return answer(call, decoder, detections::detect, encoder);
  }

  <R> R fitThreshold(
      InferenceCall call,
      BodyDecoder<ThresholdRequest> decoder,
      AnswerEncoder<ThresholdResult, R> encoder)
      throws IOException {
    return answer(call, decoder, thresholds::fit, encoder);
  }

  <R> R generate(
      InferenceCall call,
      BodyDecoder<GenerateRequest> decoder,
      TokenSink sink,
      AnswerEncoder<GenerateResult, R> encoder)
      throws IOException {
    return answer(
        call,
        decoder,
        (own, request, encodedBytes) -> generations.generate(own, request, encodedBytes, sink),
        encoder);
  }

  /** What is computed of a request of its own kind. */
  private interface Work<Q, A> {
    A compute(InferenceCall call, Q request, LongUnaryOperator encodedBytes) throws IOException;
  }

  private <Q, A, R> R answer(
      InferenceCall call, BodyDecoder<Q> decoder, Work<Q, A> work, AnswerEncoder<A, R> encoder)
      throws IOException {
    Q request = decoded(call, decoder);
    return encoded(call, work.compute(call, request, encoder::encodedBytes), encoder);
  }

  private <Q> Q decoded(InferenceCall call, BodyDecoder<Q> decoder) {
    InferenceContext context = call.context();
    long waited = computation.admit(call);
    Q request = decoder.decode(call.signature(), call.memory());
    context.stage(Stage.READ, System.nanoTime() - context.begun() - waited);
    return request;
  }

  private static <A, R> R encoded(InferenceCall call, A result, AnswerEncoder<A, R> encoder)
      throws IOException {
    // Others may come in while this one's answer is written.
    call.computed();
    long computed = System.nanoTime();
    R encoded = encoder.encode(result);
    call.context().stage(Stage.WRITE, System.nanoTime() - computed);
    call.context().answered();
    return encoded;
  }

  private InferenceRequest requestOf(InferenceCall call, RequestDecoder decoder) {
    try {
      return decoder.decode(call.signature(), call.memory());
    } catch (RuntimeException e) {
      sequences.requireCurrent(call);
      throw e;
    }
  }

  private InferenceRequest read(InferenceCall call, RequestDecoder decoder) {
    InferenceContext context = call.context();
    long waited = computation.admit(call);
    RequestDecoder.Head head = decoder.head(call.memory());
    if (head.timeout() != null) {
      call.within(head.timeout());
    }
    SequenceStep step = head.sequence();
    if (step != null && !step.start()) {
      sequences.join(call, step);
    }
    InferenceRequest request = requestOf(call, decoder);
    context.operation(request.operation());
    if (step != null && step.start()) {
      sequences.start(call, step, request);
    }
    context.stage(Stage.READ, System.nanoTime() - context.begun() - waited);
    return request;
  }
}

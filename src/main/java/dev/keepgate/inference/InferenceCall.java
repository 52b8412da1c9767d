package dev.keepgate.inference;

import dev.keepgate.batch.Feedback;
import dev.keepgate.batch.Permit;
import dev.keepgate.batch.StepListener;
import dev.keepgate.batch.TaskOwner;
import dev.keepgate.memory.RequestMemory;
import dev.keepgate.model.ModelId;
import dev.keepgate.model.Signature;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.security.Caller;
import dev.keepgate.sequence.Sequence;
import io.micrometer.observation.Observation;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A request from the moment its model is known to the end of its answer: it holds the model, the
 * request's memory, and while it is computed a permit of its model. All three are given back when
 * the request's thread and every worker are done with it, whichever is last.
 *
 * <p>Between {@link Inference#open opening} it and {@link #infer} its body is read.
 */
public final class InferenceCall implements TaskOwner, AutoCloseable {

  private final Inference inference;
  private Conditions conditions;
  private final RequestMemory memory;
  private final InferenceContext context;
  private final Observation observation;

  /** The request's thread, and each task that a worker may touch. */
  private final AtomicInteger holders = new AtomicInteger(1);

  /**
   * Those for whom the permit is held: the tasks, and the request's thread until the result is
   * there. Encoding the result needs none.
   */
  private final AtomicInteger computing = new AtomicInteger();

  private ModelHandle handle;
  private Sequences.@Nullable Found found;
  private boolean endsSequence;
  private @Nullable Sequence before;
  private @Nullable Sequence after;
  private @Nullable Permit permit;
  private StepListener listener = StepListener.NONE;
  private Feedback feedback = Feedback.NONE;
  private long answerBytes;
  private boolean threadComputes;
  private boolean closed;

  /**
   * What a request is computed under.
   *
   * @param model what was asked for; null where a sequence was
   * @param deadline {@link System#nanoTime()} past which the work is dropped
   * @param client who asks
   */
  record Conditions(@Nullable ModelRequest model, OptionalLong deadline, Client client) {}

  InferenceCall(
      Inference inference,
      ModelHandle handle,
      Conditions conditions,
      RequestMemory memory,
      InferenceContext context,
      Observation observation) {
    this.inference = inference;
    this.handle = handle;
    this.conditions = conditions;
    this.memory = memory;
    this.context = context;
    this.observation = observation;
  }

  public ModelId model() {
    return handle.id();
  }

  /** The model's sizes. */
  public Signature signature() {
    return handle.signature();
  }

  /** Of which the body's bytes are taken as they come. */
  public RequestMemory memory() {
    return memory;
  }

  ModelHandle handle() {
    return handle;
  }

  /** The sequence as it was found; null for a request of none. */
  @Nullable Sequence sequence() {
    return found == null ? null : found.sequence();
  }

  /** The sequence and how it was found; null for a request of none. */
  Sequences.@Nullable Found found() {
    return found;
  }

  /** What it did to its sequence; null where it took no step. */
  ShadowRequest.@Nullable Step stepTaken() {
    return before == null || after == null
        ? null
        : ShadowRequest.Step.of(before, after, endsSequence);
  }

  /** Its sequence has taken a step. */
  void stepped(Sequence from, Sequence to) {
    before = from;
    after = to;
  }

  /** Whether the sequence ends with this request. */
  boolean endsSequence() {
    return endsSequence;
  }

  /** Who asks. */
  Caller caller() {
    return conditions.client().caller();
  }

  /** Whether a version is the one that was asked for. */
  boolean asksFor(ModelId id) {
    return conditions.model() instanceof ModelRequest.Specific specific
        ? specific.id().equals(id)
        : model().name().equals(id.name());
  }

  /** Makes it a step of a sequence, whose version of the model is held from now on. */
  void step(Sequences.Found sequence, boolean ends) {
    ModelHandle former = handle;
    found = sequence;
    endsSequence = ends;
    handle = sequence.handle();
    context.model(handle);
    context.addTo(Stage.STORE, sequence.took());
    if (former != handle) {
      former.close();
    }
  }

  @Override
  public OptionalLong deadline() {
    return conditions.deadline();
  }

  /** Shortens the deadline. */
  void within(Duration timeout) {
    long end = System.nanoTime() + timeout.toNanos();
    OptionalLong now = conditions.deadline();
    if (now.isEmpty() || end - now.getAsLong() < 0) {
      conditions = new Conditions(conditions.model(), OptionalLong.of(end), conditions.client());
    }
  }

  CancellationSignal cancellation() {
    return conditions.client().cancellation();
  }

  InferenceContext context() {
    return context;
  }

  /**
   * Has the request computed: admits it, decodes and validates it, waits for its result, and
   * encodes that.
   *
   * @throws InferenceException if there is no result
   */
  public <R> R infer(RequestDecoder decoder, ResultEncoder<R> encoder) throws IOException {
    return inference.infer(this, decoder, encoder);
  }

  /**
   * Admits the request if it does not have to wait for that.
   *
   * @return whether it is admitted
   */
  public boolean tryAdmit() {
    return inference.tryAdmit(this);
  }

  /**
   * As {@link #infer}, for a request that is a step of no sequence, but does not wait for its
   * result: it is computed on the calling thread where nothing stands in the way.
   *
   * @return what answers it
   * @throws InferenceException if there is no result
   */
  public <R> PendingAnswer<R> begin(RequestDecoder decoder, ResultEncoder<R> encoder) {
    return inference.begin(this, decoder, encoder);
  }

  boolean isAdmitted() {
    return permit != null;
  }

  /**
   * Unrolls, and hands every step on as soon as it is computed. Where the model has to be computed
   * as a whole, all steps come at the end.
   *
   * @return the whole result, once the sink has had all steps
   * @throws InferenceException if there is no result, or no rest of it
   * @throws IOException if the sink does not take a step
   */
  public InferenceResult stream(RequestDecoder decoder, StepSink sink) throws IOException {
    return inference.stream(this, decoder, sink);
  }

  /** How long its permit was waited for, in nanoseconds. */
  long waited() {
    return permit == null ? 0 : permit.waited();
  }

  void admitted(Permit taken) {
    permit = taken;
    threadComputes = true;
    computing.set(1);
  }

  /** A worker is about to have a task of this request. */
  void submitting() {
    holders.incrementAndGet();
    computing.incrementAndGet();
  }

  /** The request's thread has its result: others may come in while the answer is written. */
  void computed() {
    if (threadComputes) {
      threadComputes = false;
      leavePermit();
    }
  }

  private void leavePermit() {
    if (permit != null && computing.decrementAndGet() == 0) {
      permit.release();
    }
  }

  @Override
  public StepListener listener() {
    return listener;
  }

  /** Has somebody told of every step that is computed. */
  void follow(StepListener follower) {
    listener = follower;
  }

  @Override
  public Feedback feedback() {
    return feedback;
  }

  /** Has the inputs of the next task made as it is computed. */
  void feed(Feedback source) {
    feedback = source;
  }

  /**
   * Has a forecast computed.
   *
   * @throws InferenceException if there is none
   */
  public <R> R forecast(
      BodyDecoder<ForecastRequest> decoder, AnswerEncoder<ForecastResult, R> encoder)
      throws IOException {
    return inference.forecast(this, decoder, encoder);
  }

  /**
   * Has a forecast computed, and hands every step on as soon as it is computed.
   *
   * @return the whole forecast, once the sink has had all steps
   * @throws InferenceException if there is none, or no rest of it
   * @throws IOException if the sink does not take a step
   */
  public ForecastResult forecast(BodyDecoder<ForecastRequest> decoder, ForecastSink sink)
      throws IOException {
    return inference.forecast(this, decoder, sink);
  }

  /**
   * Has what is not usual told.
   *
   * @throws InferenceException if that cannot be told
   */
  public <R> R detect(
      BodyDecoder<DetectionRequest> decoder, AnswerEncoder<DetectionResult, R> encoder)
      throws IOException {
    return inference.detect(this, decoder, encoder);
  }

  /**
   * Has a threshold made of usual data.
   *
   * @throws InferenceException if there is none
   */
  public <R> R fitThreshold(
      BodyDecoder<ThresholdRequest> decoder, AnswerEncoder<ThresholdResult, R> encoder)
      throws IOException {
    return inference.fitThreshold(this, decoder, encoder);
  }

  /**
   * Goes on with texts.
   *
   * @param sink who is told of each token as soon as it is there
   * @throws InferenceException if there is no answer, or no rest of it
   * @throws IOException if a token or the answer is not taken
   */
  public <R> R generate(
      BodyDecoder<GenerateRequest> decoder,
      TokenSink sink,
      AnswerEncoder<GenerateResult, R> encoder)
      throws IOException {
    return inference.generate(this, decoder, sink, encoder);
  }

  void needs(long bytes) {
    memory.requireAnswerFits(bytes);
    answerBytes = bytes;
  }

  @Override
  public boolean tryTakeOutputs(Runnable free) {
    return memory.tryTakeAnswer(answerBytes, free);
  }

  @Override
  public boolean waitsForOutputs() {
    return memory.waitsForAnswer();
  }

  @Override
  public void executed() {
    handle.statistics().executed();
  }

  @Override
  public void finished() {
    leavePermit();
    release();
  }

  /**
   * Gives back what the client sent, and keeps what was made for the request while its answer is on
   * its way.
   *
   * @return to be run once the answer has left
   */
  public Runnable retainAnswer() {
    memory.giveBack(memory.taken());
    holders.incrementAndGet();
    return this::release;
  }

  private void release() {
    if (holders.decrementAndGet() == 0) {
      memory.close();
      handle.close();
    }
  }

  /** Ends the request's part; workers that still have a task of it keep what they need. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      computed();
      context.end();
      observation.stop();
      release();
    }
  }
}

package dev.keepgate.inference;

import dev.keepgate.batch.BatchResult;
import dev.keepgate.batch.BatchScheduler;
import dev.keepgate.batch.BatchTask;
import dev.keepgate.batch.Permit;
import dev.keepgate.batch.QueueFullException;
import dev.keepgate.batch.StepListener;
import dev.keepgate.batch.TaskExpiredException;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import java.io.IOException;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has decoded requests validated and computed, and waits for their results. */
public final class Computation {

  private static final Logger log = LoggerFactory.getLogger(Computation.class);

  private final BatchScheduler scheduler;
  private final InferenceProperties properties;
  private final ShadowRequests shadows;

  public Computation(
      BatchScheduler scheduler, InferenceProperties properties, ShadowRequests shadows) {
    this.scheduler = scheduler;
    this.properties = properties;
    this.shadows = shadows;
  }

  /** Where requests go once they have their result. */
  ShadowRequests shadows() {
    return shadows;
  }

  /**
   * Lets a request in whose bytes are here, before they are made into tensors: under overload, what
   * is refused should cost little.
   *
   * @return how long it waited for its permit, in nanoseconds
   * @throws InferenceException if as many wait as may wait, and go on to for a while
   */
  long admit(InferenceCall call) {
    if (call.isAdmitted()) {
      return 0;
    }
    try {
      call.admitted(scheduler.acquire(call.handle().model(), call.deadline()));
    } catch (QueueFullException e) {
      throw new InferenceException.Overloaded(
          ErrorCode.QUEUE_FULL, String.valueOf(e.getMessage()), properties.retryAfter());
    } catch (TaskExpiredException e) {
      throw new InferenceException.DeadlineExceeded();
    } catch (IllegalStateException e) {
      throw new InferenceException.ShuttingDown(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InferenceException.ShuttingDown(e);
    }
    long waited = call.waited();
    if (waited > properties.clientCheck().toNanos() && call.cancellation().isCancelled()) {
      throw new InferenceException.Cancelled();
    }
    return waited;
  }

  /** Lets a request in that would not have to wait for its permit; false for others. */
  boolean tryAdmit(InferenceCall call) {
    Permit free = scheduler.tryAcquire(call.handle().model());
    if (free != null) {
      call.admitted(free);
    }
    return free != null;
  }

  /**
   * Has a batch taken through one step or through all its steps, at once and on the calling thread
   * where nothing stands in the way; does not wait for the result.
   *
   * @param kept the state that the server has, of {@code rows}; null where the request brings its
   *     own
   * @param encodedBytes what encoding the result takes, by how many numbers it has
   * @throws InferenceException if it is not computed
   */
  Started begin(
      InferenceCall call,
      InferenceRequest request,
      @Nullable Kept kept,
      LongUnaryOperator encodedBytes) {
    Prepared prepared = prepare(call, request, kept, encodedBytes);
    boolean sequences = request.returnsSequences(call.signature());
    boolean trace = request.options().trace();
    BatchTask task =
        submit(
            call,
            () ->
                scheduler.compute(call.handle().model(), prepared.input(), sequences, trace, call));
    return new Started(prepared, task);
  }

  /**
   * A request that was validated, and whose memory was reserved.
   *
   * @param errors of its steps, where they are asked for
   */
  private record Prepared(
      InferenceCall call,
      InferenceRequest request,
      @Nullable Kept kept,
      @Nullable SequenceErrors errors,
      NetworkInput input) {}

  private Prepared prepare(
      InferenceCall call,
      InferenceRequest request,
      @Nullable Kept kept,
      LongUnaryOperator encodedBytes) {
    SequenceErrors errors =
        request.options().detect() ? SequenceErrors.of(call.signature(), request) : null;
    NetworkInput input = validate(call, call.signature(), request, kept);
    reserve(call, WorkingMemory.of(call.signature(), input, request), encodedBytes);
    return new Prepared(call, request, kept, errors, input);
  }

  private static InferenceResult result(Prepared prepared, BatchResult computed) {
    Kept kept = prepared.kept();
    SequenceErrors errors = prepared.errors();
    InferenceResult result =
        finish(prepared.call(), prepared.request(), prepared.input(), computed);
    return kept == null || errors == null ? result : errors.of(prepared.input(), kept, result);
  }

  /** A request that workers compute, and that nobody waits for yet. */
  final class Started {
    private final Prepared prepared;
    private final BatchTask task;

    private Started(Prepared prepared, BatchTask task) {
      this.prepared = prepared;
      this.task = task;
    }

    boolean isDone() {
      return task.result().isDone();
    }

    /**
     * Waits for the result.
     *
     * @throws InferenceException if there is none
     */
    InferenceResult result() {
      return Computation.result(prepared, await(task, prepared.call()));
    }

    void cancel() {
      scheduler.cancel(task);
    }
  }

  /**
   * Has a batch taken through one step or through all its steps; does not wait for the result.
   *
   * @param kept the state that somebody has, of {@code rows}
   * @throws InferenceException if it is not computed
   */
  Started start(InferenceCall call, InferenceRequest request, Kept kept) {
    Prepared prepared = prepare(call, request, kept, numbers -> 0);
    return new Started(prepared, submit(call, request, prepared.input()));
  }

  /**
   * Validates a request of a model whose state is not the server's.
   *
   * @throws InferenceException.InvalidInput if it does not fit the model
   */
  NetworkInput validate(InferenceCall call, InferenceRequest request) {
    return validate(call, call.signature(), request, null);
  }

  /**
   * Validates a request of windows, whose model may be made for as many steps as one of them.
   *
   * @throws InferenceException.InvalidInput if it does not fit the model but for its steps
   */
  NetworkInput validateSeries(InferenceCall call, InferenceRequest request) {
    return validate(call, call.signature().withOpenSteps(), request, null);
  }

  /**
   * Takes the memory of what is to be made.
   *
   * @param encodedBytes what encoding the result takes, by how many numbers it has
   * @throws InferenceException.TooLarge if one request may not take so much
   */
  void reserve(InferenceCall call, WorkingMemory needed, LongUnaryOperator encodedBytes) {
    long limit = properties.maxWorkingMemory().toBytes();
    if (needed.bytes() > limit) {
      throw new InferenceException.TooLarge(needed.bytes(), limit);
    }
    call.needs(needed.bytes() + encodedBytes.applyAsLong(needed.numbers()));
  }

  /** Computes what was validated and reserved; waits for it. */
  NetworkOutput run(InferenceCall call, NetworkInput input, boolean sequences) {
    BatchTask task =
        submit(call, () -> scheduler.compute(call.handle().model(), input, sequences, false, call));
    return computed(call, input, await(task, call));
  }

  /** Who hands on what there is of a result that is still computed. */
  interface Follower {

    /**
     * Waits until there is something new, nothing more will come, or the time is up.
     *
     * @return whether there is something new
     */
    boolean await(long nanos) throws InterruptedException;

    /** Hands on what is new. */
    void handOn() throws IOException;

    /** Nothing more will come. Called on workers. */
    void end();
  }

  /**
   * Computes what was validated and reserved, the last step of each row; has somebody follow it.
   *
   * @throws IOException if the follower does not take what is new; then the rest is not computed
   */
  NetworkOutput follow(InferenceCall call, NetworkInput input, Follower follower)
      throws IOException {
    BatchTask task = submit(call, input, false, false);
    var unused = task.result().whenComplete((result, failure) -> follower.end());
    try {
      long asked = System.nanoTime();
      while (!task.result().isDone()) {
        if (follower.await(patience(call))) {
          follower.handOn();
        }
        // There may be something new always.
        if (System.nanoTime() - asked > properties.clientCheck().toNanos()) {
          requireWanted(call);
          asked = System.nanoTime();
        }
      }
      return computed(call, input, await(task, call));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InferenceException.ShuttingDown(e);
    } finally {
      scheduler.cancel(task);
    }
  }

  private static NetworkOutput computed(
      InferenceCall call, NetworkInput input, BatchResult computed) {
    InferenceContext context = call.context();
    context.stage(Stage.QUEUE, call.waited() + computed.queued().toNanos());
    context.stage(Stage.COMPUTE, computed.computed().toNanos());
    context.computed(input.batch(), steps(input));
    return computed.output();
  }

  /** Is told of steps that all rows have taken. */
  interface StepsTaken {
    void taken(int from, int to) throws IOException;
  }

  /**
   * Unrolls what was validated and reserved, and tells of steps as they are taken.
   *
   * @throws IOException if that fails; then the rest is not computed
   */
  NetworkOutput followSteps(InferenceCall call, NetworkInput input, StepsTaken steps)
      throws IOException {
    StepFollower follower = new StepFollower(input);
    call.follow(follower);
    BatchTask task = submit(call, input, true, false);
    follower.follow(task.result());
    try {
      follow(call, follower, task, (output, from, to) -> steps.taken(from, to));
      return computed(call, input, await(task, call));
    } finally {
      scheduler.cancel(task);
      call.follow(StepListener.NONE);
    }
  }

  /**
   * What the server has kept of so many rows.
   *
   * @param last what their last step gave, [rows, width]; null where that is not known
   */
  record Kept(RecurrentState state, int rows, float @Nullable [] last) {}

  private NetworkInput validate(
      InferenceCall call, Signature signature, InferenceRequest request, @Nullable Kept kept) {
    if (request.operation() == Operation.STEP && !signature.isCausal()) {
      throw new InferenceException.CannotStep(call.model().toString(), signature);
    }
    if (request.options().trace() && signature.inside().trace().isEmpty()) {
      throw new InferenceException.InvalidInput(
          "/trace", "this model has no cell that goes along the steps of the request");
    }
    InputValidator validator = new InputValidator(signature, request);
    InputValidator.Size size = validator.size();
    if (kept == null) {
      call.memory().take(size.batch() * WorkingMemory.stateWidth(signature) * Float.BYTES);
    } else if (size.batch() != kept.rows()) {
      throw new InferenceException.InvalidInput(
          request.fields().input(signature.inputs().get(signature.sequenceInput())),
          "expected a row for each of the sequence's %d, got %d"
              .formatted(kept.rows(), size.batch()));
    }
    if (validator.convertedBytes() > 0) {
      call.memory().take(validator.convertedBytes());
    }
    return validator.validate(size, kept == null ? null : kept.state());
  }

  /**
   * Unrolls, and hands every step on as soon as it is computed. Where the model has to be computed
   * as a whole, all steps come at the end.
   *
   * @throws InferenceException if there is no result, or no rest of it
   * @throws IOException if the sink does not take a step
   */
  InferenceResult stream(InferenceCall call, InferenceRequest request, StepSink sink)
      throws IOException {
    // A step at a time is encoded, into a buffer that is used again.
    NetworkInput input = validate(call, request);
    reserve(call, WorkingMemory.of(call.signature(), input, request), numbers -> 0);
    StepFollower follower = new StepFollower(input);
    call.follow(follower);
    BatchTask task = submit(call, request, input);
    follower.follow(task.result());
    try {
      int seen =
          follow(
              call,
              follower,
              task,
              (output, from, to) -> {
                InferenceResult soFar =
                    result(call, request, input, new NetworkOutput(output, input.state(), null));
                FiniteValidator.steps(soFar, from, to);
                sink.steps(soFar, from, to);
              });
      InferenceResult result = finish(call, request, input, await(task, call));
      if (seen < result.time()) {
        sink.steps(result, seen, result.time());
      }
      return result;
    } finally {
      scheduler.cancel(task);
    }
  }

  /** Is handed the outputs of steps that all rows have taken. */
  private interface OutputSteps {
    void steps(float[] output, int from, int to) throws IOException;
  }

  private int follow(InferenceCall call, StepFollower follower, BatchTask task, OutputSteps sink)
      throws IOException {
    int seen = 0;
    while (!task.result().isDone()) {
      int steps = awaitMoreThan(seen, follower, patience(call));
      float[] output = follower.output();
      if (steps > seen && output != null) {
        sink.steps(output, seen, steps);
        seen = steps;
      } else if (!task.result().isDone()) {
        requireWanted(call);
      }
    }
    return seen;
  }

  private static int awaitMoreThan(int seen, StepFollower follower, long nanos) {
    try {
      return follower.awaitMoreThan(seen, nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InferenceException.ShuttingDown(e);
    }
  }

  private static InferenceResult finish(
      InferenceCall call, InferenceRequest request, NetworkInput input, BatchResult computed) {
    InferenceResult result = result(call, request, input, computed(call, input, computed));
    FiniteValidator.all(result);
    return result;
  }

  private static InferenceResult result(
      InferenceCall call, InferenceRequest request, NetworkInput input, NetworkOutput output) {
    Signature signature = call.signature();
    return new InferenceResult(
        call.model(),
        signature,
        InferenceResult.Shape.of(request, signature, input),
        output,
        0,
        null);
  }

  private BatchTask submit(InferenceCall call, InferenceRequest request, NetworkInput input) {
    boolean sequences = request.returnsSequences(call.signature());
    return submit(call, input, sequences, request.options().trace());
  }

  private BatchTask submit(
      InferenceCall call, NetworkInput input, boolean sequences, boolean trace) {
    return submit(
        call, () -> scheduler.submit(call.handle().model(), input, sequences, trace, call));
  }

  private static BatchTask submit(InferenceCall call, Supplier<BatchTask> submission) {
    // The worker may still be at work when the deadline sends the request's thread home.
    call.submitting();
    try {
      return submission.get();
    } catch (IllegalStateException e) {
      call.finished();
      throw new InferenceException.ShuttingDown(e);
    }
  }

  private BatchResult await(BatchTask task, InferenceCall call) {
    try {
      while (true) {
        try {
          return task.result().get(patience(call), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
          requireWanted(call);
        }
      }
    } catch (CancellationException e) {
      throw new InferenceException.ShuttingDown(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InferenceException.ShuttingDown(e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TaskExpiredException) {
        throw new InferenceException.DeadlineExceeded();
      }
      log.error("A computation for {} failed", call.model(), e.getCause());
      throw new InferenceException.Failed(e);
    } finally {
      // Nobody waits any more: what is not done leaves its queue now, and its batch before a step.
      scheduler.cancel(task);
    }
  }

  /** How long to wait before the deadline and the caller are looked at again, in nanoseconds. */
  private long patience(InferenceCall call) {
    long check = properties.clientCheck().toNanos();
    OptionalLong deadline = call.deadline();
    return deadline.isPresent()
        ? Math.max(0, Math.min(check, deadline.getAsLong() - System.nanoTime()))
        : check;
  }

  /**
   * @throws InferenceException if the deadline has passed, or whoever asked has gone
   */
  static void requireWanted(InferenceCall call) {
    OptionalLong deadline = call.deadline();
    if (deadline.isPresent() && deadline.getAsLong() - System.nanoTime() <= 0) {
      throw new InferenceException.DeadlineExceeded();
    }
    if (call.cancellation().isCancelled()) {
      throw new InferenceException.Cancelled();
    }
  }

  private static long steps(NetworkInput input) {
    return input.lengths() == null
        ? (long) input.batch() * input.time()
        : Arrays.stream(input.lengths()).asLongStream().sum();
  }
}

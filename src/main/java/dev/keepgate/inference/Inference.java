package dev.keepgate.inference;

import dev.keepgate.batch.BatchResult;
import dev.keepgate.batch.BatchScheduler;
import dev.keepgate.batch.BatchTask;
import dev.keepgate.batch.QueueFullException;
import dev.keepgate.batch.StepListener;
import dev.keepgate.batch.TaskExpiredException;
import dev.keepgate.inference.InferenceListener.Stage;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.LstmInput;
import dev.keepgate.model.LstmOutput;
import dev.keepgate.model.LstmState;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Steps and unrolls: checks what comes in, has it computed, checks what goes out. */
public final class Inference {

  private final BatchScheduler scheduler;
  private final InferenceProperties properties;
  private final InferenceListener listener;

  public Inference(
      BatchScheduler scheduler, InferenceProperties properties, InferenceListener listener) {
    this.scheduler = scheduler;
    this.properties = properties;
    this.listener = listener;
  }

  /**
   * Admits a request whose bytes are here, before they are made into tensors: under overload, what
   * is refused should cost little.
   *
   * @param handle the model, which the caller closes after the admission
   * @param deadline after which the work is dropped; null for the server's own
   * @param caller for whom; once gone, the work is dropped
   * @throws InferenceException if as many wait as may wait, and go on to for a while
   */
  public Admission admit(ModelHandle handle, @Nullable Duration deadline, Caller caller) {
    return admit(handle, deadline(deadline), caller);
  }

  Admission admit(ModelHandle handle, OptionalLong deadline, Caller caller) {
    Admission admission;
    try {
      admission =
          new Admission(handle, scheduler.enter(handle.model(), deadline), deadline, caller);
    } catch (QueueFullException e) {
      throw new InferenceException.Overloaded(
          String.valueOf(e.getMessage()), properties.retryAfter());
    } catch (TaskExpiredException e) {
      throw new InferenceException.DeadlineExceeded();
    } catch (IllegalStateException e) {
      throw new InferenceException.ShuttingDown(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InferenceException.ShuttingDown(e);
    }
    if (admission.waited().compareTo(properties.clientCheck()) > 0 && caller.isGone()) {
      admission.close();
      throw new InferenceException.CallerGone();
    }
    return admission;
  }

  /**
   * Takes a batch through one step or through all its steps; waits for the answer.
   *
   * @throws InferenceException if there is no answer
   */
  public Answer infer(Admission admission, Operation operation, InferenceRequest request) {
    return infer(admission, operation, request, null, 0);
  }

  /**
   * Does the same from a state that the server has kept.
   *
   * @param kept the state; null where the request brings its own
   * @param rows of the state
   */
  Answer infer(
      Admission admission,
      Operation operation,
      InferenceRequest request,
      @Nullable LstmState kept,
      int rows) {
    ModelHandle handle = admission.handle();
    if (operation == Operation.STEP && !handle.config().isCausal()) {
      throw new InferenceException.CannotStep(handle.id().toString());
    }
    InputCheck.Checked checked = check(handle, operation, request).check(kept, rows);
    Call call = call(admission, operation, request, checked);
    BatchResult result = await(submit(call, StepListener.NONE), admission);
    // Others may go on while this one's answer is written.
    admission.close();
    return finish(call, result);
  }

  /** How many steps a request asks for, padding included. */
  int time(ModelHandle handle, Operation operation, InferenceRequest request) {
    return check(handle, operation, request).time();
  }

  private InputCheck check(ModelHandle handle, Operation operation, InferenceRequest request) {
    long room = properties.maxWorkingMemory().toBytes();
    return new InputCheck(handle.config(), operation, request, room);
  }

  /**
   * Unrolls, and hands every step on as soon as it is computed. Where the model has to be computed
   * as a whole, all steps come at the end.
   *
   * @return the whole answer, once the sink has had all steps
   * @throws InferenceException if there is no answer, or no rest of it
   * @throws IOException if the sink does not take a step
   */
  public Answer stream(Admission admission, InferenceRequest request, StepSink sink)
      throws IOException {
    InferenceRequest every = request.withReturnSequences();
    InputCheck.Checked checked = check(admission.handle(), Operation.UNROLL, every).check();
    Call call = call(admission, Operation.UNROLL, every, checked);
    StepFollower follower = new StepFollower(call.input());
    CompletableFuture<BatchResult> future = submit(call, follower);
    follower.follow(future);
    try {
      int seen = follow(call, future, follower, sink);
      Answer answer = finish(call, await(future, admission));
      if (seen < answer.time()) {
        sink.steps(answer, seen, answer.time());
      }
      return answer;
    } finally {
      future.cancel(false);
    }
  }

  private int follow(
      Call call, CompletableFuture<BatchResult> future, StepFollower follower, StepSink sink)
      throws IOException {
    int seen = 0;
    while (!future.isDone()) {
      int steps = awaitMoreThan(seen, follower, patience(call.admission()));
      float[] output = follower.output();
      if (steps > seen && output != null) {
        Answer soFar = call.answer(new LstmOutput(output, call.input().state(), null));
        FiniteCheck.steps(soFar, seen, steps);
        sink.steps(soFar, seen, steps);
        seen = steps;
      } else if (!future.isDone()) {
        requireCaller(call.admission());
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

  /** A request that was found right. */
  private record Call(
      Admission admission,
      Operation operation,
      InputCheck.Checked checked,
      boolean sequences,
      boolean trace) {

    ModelHandle handle() {
      return admission.handle();
    }

    LstmInput input() {
      return checked.input();
    }

    Answer answer(LstmOutput output) {
      return new Answer(
          handle().id(),
          handle().config(),
          input().batch(),
          input().time(),
          operation,
          sequences,
          checked.batched(),
          output);
    }
  }

  private static Call call(
      Admission admission,
      Operation operation,
      InferenceRequest request,
      InputCheck.Checked checked) {
    return new Call(
        admission,
        operation,
        checked,
        returnsSequences(admission.handle().config(), operation, request.returnSequences()),
        request.trace());
  }

  private Answer finish(Call call, BatchResult result) {
    ModelId id = call.handle().id();
    listener.stage(
        id, call.operation(), Stage.QUEUE, result.queued().plus(call.admission().waited()));
    listener.stage(id, call.operation(), Stage.COMPUTE, result.computed());
    listener.computed(id, call.operation(), call.input().batch(), steps(call.input()));
    Answer answer = call.answer(result.output());
    FiniteCheck.all(answer);
    return answer;
  }

  /** A step answers its one output; only an unroll has a choice. */
  private static boolean returnsSequences(
      LstmConfig config, Operation operation, @Nullable Boolean asked) {
    return operation == Operation.UNROLL && (asked != null ? asked : config.returnSequences());
  }

  /** {@link System#nanoTime()} past which a request that begins now is dropped. */
  OptionalLong deadline(@Nullable Duration asked) {
    Duration deadline = asked != null ? asked : properties.defaultDeadline();
    return deadline == null
        ? OptionalLong.empty()
        : OptionalLong.of(System.nanoTime() + deadline.toNanos());
  }

  private CompletableFuture<BatchResult> submit(Call call, StepListener steps) {
    // The lane may still be at work when the deadline sends the request's thread home.
    ModelHandle held = call.handle().share();
    try {
      BatchTask task =
          new BatchTask(
              held.model(),
              call.input(),
              call.sequences(),
              call.trace(),
              call.admission().deadline(),
              steps,
              held::close);
      return scheduler.submit(call.admission().place(), task);
    } catch (IllegalStateException e) {
      held.close();
      throw new InferenceException.ShuttingDown(e);
    }
  }

  private BatchResult await(CompletableFuture<BatchResult> future, Admission admission) {
    try {
      while (true) {
        try {
          return future.get(patience(admission), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
          requireCaller(admission);
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
      throw new InferenceException.Failed("the computation failed: " + e.getCause(), e);
    } finally {
      // Nobody waits any more, so the rows of what is not done leave before the next step.
      future.cancel(false);
    }
  }

  /** How long to wait before the deadline and the caller are looked at again, in nanoseconds. */
  private long patience(Admission admission) {
    long check = properties.clientCheck().toNanos();
    OptionalLong deadline = admission.deadline();
    return deadline.isPresent()
        ? Math.max(0, Math.min(check, deadline.getAsLong() - System.nanoTime()))
        : check;
  }

  /**
   * @throws InferenceException if the deadline has passed, or whoever asked has gone
   */
  private static void requireCaller(Admission admission) {
    OptionalLong deadline = admission.deadline();
    if (deadline.isPresent() && deadline.getAsLong() - System.nanoTime() <= 0) {
      throw new InferenceException.DeadlineExceeded();
    }
    if (admission.caller().isGone()) {
      throw new InferenceException.CallerGone();
    }
  }

  private static long steps(LstmInput input) {
    return input.lengths() == null
        ? (long) input.batch() * input.time()
        : Arrays.stream(input.lengths()).asLongStream().sum();
  }
}

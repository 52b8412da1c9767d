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
import dev.keepgate.registry.ModelHandle;
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
   * Takes a batch through one step or through all its steps; waits for the answer.
   *
   * @param handle the model, which the caller closes
   * @throws InferenceException if there is no answer
   */
  public Answer infer(ModelHandle handle, Operation operation, InferenceRequest request) {
    LstmConfig config = handle.model().config();
    if (operation == Operation.STEP && !config.isCausal()) {
      throw new InferenceException.CannotStep(handle.id().toString());
    }
    InputCheck.Checked checked =
        new InputCheck(config, operation, request, properties.maxWorkingMemory().toBytes()).check();
    LstmInput input = checked.input();
    boolean sequences = returnsSequences(config, operation, request.returnSequences());
    BatchResult result =
        await(handle, input, sequences, request.trace(), deadline(request.deadline()));
    listener.stage(handle.id(), operation, Stage.QUEUE, result.queued());
    listener.stage(handle.id(), operation, Stage.COMPUTE, result.computed());
    listener.computed(handle.id(), operation, input.batch(), steps(input));
    Answer answer =
        new Answer(
            handle.id(),
            config,
            input.batch(),
            input.time(),
            operation,
            sequences,
            checked.batched(),
            result.output());
    checkFinite(answer);
    return answer;
  }

  /** A step answers its one output; only an unroll has a choice. */
  private static boolean returnsSequences(
      LstmConfig config, Operation operation, @Nullable Boolean asked) {
    return operation == Operation.UNROLL && (asked != null ? asked : config.returnSequences());
  }

  private OptionalLong deadline(@Nullable Duration asked) {
    Duration deadline = asked != null ? asked : properties.defaultDeadline();
    return deadline == null
        ? OptionalLong.empty()
        : OptionalLong.of(System.nanoTime() + deadline.toNanos());
  }

  private BatchResult await(
      ModelHandle handle,
      LstmInput input,
      boolean sequences,
      boolean trace,
      OptionalLong deadline) {
    // The lane may still be at work when the deadline sends this thread home.
    ModelHandle held = handle.share();
    CompletableFuture<BatchResult> future;
    try {
      future =
          scheduler.submit(
              new BatchTask(
                  held.model(), input, sequences, trace, deadline, StepListener.NONE, held::close));
    } catch (QueueFullException e) {
      held.close();
      throw new InferenceException.Overloaded(
          String.valueOf(e.getMessage()), properties.retryAfter());
    }
    try {
      return deadline.isPresent()
          ? future.get(deadline.getAsLong() - System.nanoTime(), TimeUnit.NANOSECONDS)
          : future.get();
    } catch (TimeoutException e) {
      future.cancel(false);
      throw new InferenceException.DeadlineExceeded();
    } catch (CancellationException e) {
      throw new InferenceException.Failed("the server is shutting down", e);
    } catch (InterruptedException e) {
      future.cancel(false);
      Thread.currentThread().interrupt();
      throw new InferenceException.Failed("the server is shutting down", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TaskExpiredException) {
        throw new InferenceException.DeadlineExceeded();
      }
      throw new InferenceException.Failed("the computation failed: " + e.getCause(), e);
    }
  }

  private static long steps(LstmInput input) {
    return input.lengths() == null
        ? (long) input.batch() * input.time()
        : Arrays.stream(input.lengths()).asLongStream().sum();
  }

  private static void checkFinite(Answer answer) {
    float[] output = answer.output().output();
    int width = answer.config().outputSize();
    for (int i = 0; i < output.length; i++) {
      if (!Float.isFinite(output[i])) {
        int row = i / width;
        throw new InferenceException.NotFinite(
            answer.sequences()
                ? "the output of row %d is %s at step %d"
                    .formatted(row / answer.time(), output[i], row % answer.time())
                : "the output of row %d is %s at its last step, %d"
                    .formatted(row, output[i], answer.time() - 1));
      }
    }
    checkFinite(answer, "h", answer.output().state().h());
    checkFinite(answer, "c", answer.output().state().c());
  }

  private static void checkFinite(Answer answer, String name, float[][] cells) {
    for (int cell = 0; cell < cells.length; cell++) {
      for (int i = 0; i < cells[cell].length; i++) {
        if (!Float.isFinite(cells[cell][i])) {
          throw new InferenceException.NotFinite(
              "the state %s of cell %d, row %d is %s after the last step, %d"
                  .formatted(
                      name,
                      cell,
                      i / (cells[cell].length / answer.batch()),
                      cells[cell][i],
                      answer.time() - 1));
        }
      }
    }
  }
}

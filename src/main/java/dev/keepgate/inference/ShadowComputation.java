package dev.keepgate.inference;

import dev.keepgate.batch.BatchScheduler;
import dev.keepgate.batch.BatchTask;
import dev.keepgate.batch.StepListener;
import dev.keepgate.batch.TaskExpiredException;
import dev.keepgate.batch.TaskOwner;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.registry.ModelHandle;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Has requests computed by a version whose answers nobody waits for, in the background. */
final class ShadowComputation {

  private final BatchScheduler scheduler;
  private final ShadowMemory memory;

  ShadowComputation(BatchScheduler scheduler, ShadowMemory memory) {
    this.scheduler = scheduler;
    this.memory = memory;
  }

  /** Holds the model and its memory until no worker touches them any more. */
  private record Owner(ModelHandle handle, ShadowMemory memory, long bytes, long until)
      implements TaskOwner {

    @Override
    public boolean isBackground() {
      return true;
    }

    @Override
    public OptionalLong deadline() {
      return OptionalLong.of(until);
    }

    @Override
    public StepListener listener() {
      return StepListener.NONE;
    }

    @Override
    public boolean tryTakeOutputs(Runnable free) {
      return true;
    }

    @Override
    public boolean waitsForOutputs() {
      return false;
    }

    @Override
    public void executed() {}

    @Override
    public void finished() {
      memory.giveBack(bytes);
      handle.close();
    }
  }

  /** There was no memory or no worker for it in time. */
  static final class DroppedException extends Exception {
    private static final long serialVersionUID = 1L;
  }

  /**
   * Computes a request.
   *
   * @param state that it goes on from; null for zeros
   * @param until {@link System#nanoTime()} when it is dropped
   * @throws InferenceException if the version does not take the request, or has no result
   */
  NetworkOutput compute(
      ModelHandle handle, InferenceRequest request, @Nullable RecurrentState state, long until)
      throws DroppedException, InterruptedException {
    if (request.operation() == Operation.STEP && !handle.signature().isCausal()) {
      throw new InferenceException.CannotStep(handle.id().toString(), handle.signature());
    }
    InputValidator validator = new InputValidator(handle.signature(), request);
    InputValidator.Size size = validator.size();
    if (state != null
        && state.layout().size() > 0
        && state.values()[0].length != size.batch() * state.layout().width(0)) {
      throw new InferenceException.InvalidInput("/batch", "is not the sequence's");
    }
    NetworkInput input = validator.validate(size, state);
    boolean isWhole = !BatchTask.goesByStep(handle.signature(), input, false);
    if (isWhole && !scheduler.takesWholeInBackground()) {
      throw new DroppedException();
    }
    long bytes =
        WorkingMemory.of(handle.signature(), input, request).bytes() + validator.convertedBytes();
    if (!memory.tryTake(bytes)) {
      throw new DroppedException();
    }
    Owner owner = new Owner(handle.share(), memory, bytes, until);
    BatchTask task;
    try {
      boolean sequences = request.returnsSequences(handle.signature());
      task = scheduler.submit(handle.model(), input, sequences, false, owner);
    } catch (IllegalStateException e) {
      owner.finished();
      throw new DroppedException();
    }
    return await(task, until);
  }

  private NetworkOutput await(BatchTask task, long until)
      throws DroppedException, InterruptedException {
    try {
      long patience = Math.max(0, until - System.nanoTime());
      return task.result().get(patience, TimeUnit.NANOSECONDS).output();
    } catch (TimeoutException | CancellationException e) {
      throw new DroppedException();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TaskExpiredException) {
        throw new DroppedException();
      }
      throw new InferenceException.Failed(e);
    } finally {
      scheduler.cancel(task);
    }
  }
}

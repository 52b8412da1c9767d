package dev.keepgate.registry.version;

import dev.keepgate.importer.ImportException;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * The threads that load models: platform threads, because kernels call native code, which would pin
 * the carriers of the virtual threads that requests run on.
 */
final class LoadThreads implements AutoCloseable {

  /** What a thread is to do. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException, ImportException;
  }

  private final ExecutorService threads;

  LoadThreads() {
    CustomizableThreadFactory factory = new CustomizableThreadFactory("keepgate-load-");
    factory.setDaemon(true);
    this.threads = Executors.newCachedThreadPool(factory);
  }

  /**
   * Does a piece of work and waits for its end, even where the caller is interrupted: the files it
   * works on are the caller's.
   */
  <T> T call(Work<T> work) throws IOException, ImportException {
    Future<T> future = threads.submit(work::run);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          throw rethrown(e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static RuntimeException rethrown(ExecutionException e)
      throws IOException, ImportException {
    Throwable cause = e.getCause();
    if (cause instanceof IOException failure) {
      throw failure;
    }
    if (cause instanceof ImportException failure) {
      throw failure;
    }
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException failure ? failure : new IllegalStateException(cause);
  }

  /**
   * Does many pieces of work, some at a time.
   *
   * @return is done when all are
   */
  CompletableFuture<Void> runAll(Iterable<? extends Runnable> work, int parallelism) {
    Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
    work.forEach(queue::add);
    return CompletableFuture.allOf(
        IntStream.range(0, Math.min(parallelism, queue.size()))
            .mapToObj(worker -> CompletableFuture.runAsync(() -> drain(queue), threads))
            .toArray(CompletableFuture[]::new));
  }

  private static void drain(Queue<Runnable> queue) {
    for (Runnable next = queue.poll(); next != null; next = queue.poll()) {
      next.run();
    }
  }

  /** Takes no more work; what is being done goes on. */
  @Override
  public void close() {
    threads.shutdown();
  }
}

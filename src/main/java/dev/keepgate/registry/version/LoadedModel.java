package dev.keepgate.registry.version;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.registry.ModelStatistics;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A compiled model and how many hold it: the registry, until it {@link #release() releases} the
 * model, and every open handle. Whoever leaves last closes the model.
 *
 * <p>The count never rises from zero again, so a model that is closed is never handed out, and it
 * reaches zero once, so the model is closed once.
 */
final class LoadedModel {

  private final CompiledModel model;
  private final String digest;
  private final Runnable afterClose;
  private final ModelStatistics statistics = new ModelStatistics();
  private final AtomicLong holders = new AtomicLong(1);

  /**
   * @param digest of the files that the model was made of
   * @param afterClose runs once, after the model was closed
   */
  LoadedModel(CompiledModel model, String digest, Runnable afterClose) {
    this.model = model;
    this.digest = digest;
    this.afterClose = afterClose;
  }

  CompiledModel model() {
    return model;
  }

  ModelStatistics statistics() {
    return statistics;
  }

  String digest() {
    return digest;
  }

  /** Counts one more holder, unless the last has left. */
  boolean tryHold() {
    long count = holders.get();
    while (count > 0) {
      long seen = holders.compareAndExchange(count, count + 1);
      if (seen == count) {
        return true;
      }
      count = seen;
    }
    return false;
  }

  /** Counts one holder less, who must not use the model from here on. */
  void release() {
    long left = holders.decrementAndGet();
    if (left < 0) {
      throw new IllegalStateException("released more often than held");
    }
    if (left == 0) {
      try {
        model.close();
      } finally {
        afterClose.run();
      }
    }
  }
}

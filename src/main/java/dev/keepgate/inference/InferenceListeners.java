package dev.keepgate.inference;

import dev.keepgate.model.ModelId;
import java.time.Duration;
import java.util.List;

/** All who are told what requests do. */
final class InferenceListeners implements InferenceListener {

  private final List<InferenceListener> listeners;

  InferenceListeners(List<InferenceListener> listeners) {
    this.listeners = List.copyOf(listeners);
  }

  @Override
  public void stage(ModelId model, Operation operation, Stage stage, Duration took) {
    listeners.forEach(listener -> listener.stage(model, operation, stage, took));
  }

  @Override
  public void computed(ModelId model, Operation operation, int rows, long steps) {
    listeners.forEach(listener -> listener.computed(model, operation, rows, steps));
  }

  @Override
  public void answered(ModelId model, Operation operation, boolean success, Duration took) {
    listeners.forEach(listener -> listener.answered(model, operation, success, took));
  }
}

package dev.keepgate.inference;

import dev.keepgate.registry.ModelStatistics;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;

/** Adds what is observed of requests to the statistics of the version that was asked. */
final class StatisticsHandler implements ObservationHandler<InferenceContext> {

  @Override
  public boolean supportsContext(Observation.Context context) {
    return context instanceof InferenceContext;
  }

  @Override
  public void onStop(InferenceContext context) {
    ModelStatistics statistics = context.handle().statistics();
    (context.isSuccess() ? statistics.success : statistics.fail).add(context.took());
    add(statistics.read, context.stage(Stage.READ));
    add(statistics.queue, context.stage(Stage.QUEUE));
    add(statistics.compute, context.stage(Stage.COMPUTE));
    add(statistics.write, context.stage(Stage.WRITE));
    if (context.rows() > 0) {
      statistics.inferred(context.rows());
    }
  }

  private static void add(ModelStatistics.Tally tally, long nanos) {
    if (nanos >= 0) {
      tally.add(nanos);
    }
  }
}

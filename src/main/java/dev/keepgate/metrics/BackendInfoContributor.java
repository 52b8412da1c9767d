package dev.keepgate.metrics;

import dev.keepgate.batch.BatchScheduler;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.backend.BackendInfo;
import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.stereotype.Component;

/** What the server computes on, beside build and commit. */
@Component
class BackendInfoContributor implements InfoContributor {

  private final BackendInfo backend;
  private final LstmKernel kernel;
  private final BatchScheduler scheduler;

  BackendInfoContributor(BackendInfo backend, LstmKernel kernel, BatchScheduler scheduler) {
    this.backend = backend;
    this.kernel = kernel;
    this.scheduler = scheduler;
  }

  /**
   * What {@code /actuator/info} shows.
   *
   * @param lanes former name of {@code workers}, for one release
   */
  record Backend(
      String name,
      String blas,
      String coreType,
      int blasThreads,
      int processors,
      int workers,
      int lanes,
      String kernel) {}

  @Override
  public void contribute(Info.Builder builder) {
    builder.withDetail(
        "backend",
        new Backend(
            backend.name(),
            backend.blas(),
            backend.coreType(),
            backend.blasThreads(),
            backend.processors(),
            scheduler.workerCount(),
            scheduler.workerCount(),
            kernel.name()));
  }
}

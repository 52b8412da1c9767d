package dev.keepgate.batch;

import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BackendInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class BatchConfiguration {

  private static final Logger log = LoggerFactory.getLogger(BatchConfiguration.class);

  @Bean
  BackendInfo backend(KernelProperties properties) {
    return Backend.load(properties.blas().toOptions());
  }

  /** Takes the backend so that it is loaded first. */
  @Bean
  LstmKernel kernel(KernelProperties properties, BackendInfo backend) {
    return properties.kernel().kernel(properties.kernelTuning());
  }

  @Bean
  BatchScheduler batchScheduler(
      LstmKernel kernel,
      BackendInfo backend,
      BatchProperties properties,
      DeprecatedBatchProperties deprecated,
      ObjectProvider<BatchListener> listeners) {
    BatchScheduler scheduler =
        new BatchScheduler(
            kernel,
            deprecated.applyTo(properties),
            listeners.orderedStream().toList(),
            backend.blasThreads() == 1 && !Backend.isCuda());
    log.info(
        "backend {}, {}, core type {}, {} BLAS thread(s) a call, {} worker(s)",
        backend.name(),
        backend.blas(),
        backend.coreType(),
        backend.blasThreads(),
        scheduler.workerCount());
    log.info("kernel {}", kernel.description());
    return scheduler;
  }
}

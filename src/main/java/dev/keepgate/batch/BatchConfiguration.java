package dev.keepgate.batch;

import dev.keepgate.kernel.Backend;
import dev.keepgate.kernel.BackendInfo;
import dev.keepgate.kernel.LstmKernel;
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
    return properties.kernel().kernel();
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
            kernel, deprecated.applyTo(properties), listeners.orderedStream().toList());
    log.info(
        "backend {}, {}, core type {}, small products {}, {} BLAS thread(s) a call, {} worker(s),"
            + " kernel {}",
        backend.name(),
        backend.blas(),
        backend.coreType(),
        backend.packsSmallProducts() ? "packed" : "as they are",
        backend.blasThreads(),
        scheduler.workerCount(),
        kernel.name());
    return scheduler;
  }
}

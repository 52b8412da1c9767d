package dev.keepgate.batch;

import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.PortableKernel;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class BatchConfiguration {

  @Bean
  LstmKernel kernel() {
    return new PortableKernel();
  }

  @Bean
  BatchScheduler batchScheduler(
      LstmKernel kernel, BatchProperties properties, BatchListener listener) {
    return new BatchScheduler(kernel, properties, listener);
  }
}

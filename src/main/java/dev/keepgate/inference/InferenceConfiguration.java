package dev.keepgate.inference;

import dev.keepgate.batch.BatchScheduler;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class InferenceConfiguration {

  @Bean
  Inference inference(
      BatchScheduler scheduler, InferenceProperties properties, InferenceListener listener) {
    return new Inference(scheduler, properties, listener);
  }
}

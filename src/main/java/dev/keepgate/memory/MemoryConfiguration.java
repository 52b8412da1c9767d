package dev.keepgate.memory;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class MemoryConfiguration {

  private static final Logger log = LoggerFactory.getLogger(MemoryConfiguration.class);

  @Bean
  MemoryPlan memoryPlan(MemoryProperties properties) {
    // The JVM asks the container first.
    long machine =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    MemoryPlan plan = MemoryPlan.of(machine, Runtime.getRuntime().maxMemory(), properties);
    log.info(plan.describe());
    return plan;
  }

  @Bean
  InFlightMemory inFlightMemory(
      MemoryPlan plan, @Value("${keepgate.batch.full-queue-wait:200ms}") Duration patience) {
    return new InFlightMemory(plan.inFlight(), patience);
  }
}

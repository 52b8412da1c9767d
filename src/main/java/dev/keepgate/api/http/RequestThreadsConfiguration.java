package dev.keepgate.api.http;

import java.time.Duration;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.thread.Threading;
import org.springframework.boot.tomcat.autoconfigure.TomcatServerProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

@Configuration(proxyBeanMethods = false)
class RequestThreadsConfiguration {

  /** Of a pool's threads, three of four; virtual threads are as many as there are requests. */
  @Bean
  RequestThreads requestThreads(
      Environment environment,
      TomcatServerProperties tomcat,
      @Value("${keepgate.batch.full-queue-wait:200ms}") Duration patience) {
    long permits =
        Threading.VIRTUAL.isActive(environment)
            ? Integer.MAX_VALUE
            : Math.max(1, tomcat.getThreads().getMax() / 4 * 3);
    return new RequestThreads(permits, patience);
  }
}

package dev.keepgate.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.OwnRepository;
import io.micrometer.tracing.Tracer;
import io.opentelemetry.api.OpenTelemetry;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ApplicationContext;

/** Without a collector's address. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
class NoTracingTest implements OwnRepository {

  @Autowired private ApplicationContext context;

  @Test
  void nothingOfTracingIsThere() {
    assertThat(context.getBeanNamesForType(Tracer.class)).isEmpty();
    assertThat(context.getBeanNamesForType(OpenTelemetry.class)).isEmpty();
    assertThat(context.getBeanNamesForType(InferenceSpans.class)).isEmpty();
  }
}

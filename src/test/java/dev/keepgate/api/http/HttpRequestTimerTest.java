package dev.keepgate.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.mock.web.MockAsyncContext;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.web.filter.ServerHttpObservationFilter;
import org.springframework.web.servlet.HandlerMapping;

/** Each request through our filter and through Spring's, whose timers are the same. */
class HttpRequestTimerTest {

  private static final String NAME = "http.server.requests";

  static Stream<Arguments> requests() {
    return Stream.of(
        Arguments.of("POST", "/v1/models/{model}/step", 200, null),
        Arguments.of("POST", "/v1/models/{model}/step", 422, null),
        Arguments.of("GET", null, 404, null),
        Arguments.of("GET", null, 302, null),
        Arguments.of("GET", "", 200, null),
        Arguments.of("GET", null, 200, null),
        Arguments.of("BREW", "/v1/models", 405, null),
        Arguments.of("PUT", "/v1/models", 799, null),
        Arguments.of("POST", "/v1/models", 200, new IOException("gone")),
        Arguments.of("POST", "/v1/models", 200, new ServletException(new ArithmeticException())),
        Arguments.of("POST", null, 200, new ServletException("of its own")),
        Arguments.of("POST", null, 200, new IllegalStateException()));
  }

  @ParameterizedTest
  @MethodSource("requests")
  void theTimerIsThatOfAnObservation(
      String method, @Nullable String pattern, int status, @Nullable Throwable thrown) {
    SimpleMeterRegistry theirs = new SimpleMeterRegistry();
    ServerHttpObservationFilter spring = new ServerHttpObservationFilter(observations(theirs));
    SimpleMeterRegistry ours = new SimpleMeterRegistry();
    HttpRequestTimer filter = new HttpRequestTimer(ObservationRegistry.create(), ours, NAME, false);
    for (int i = 0; i < 2; i++) {
      FilterChain chain =
          (request, response) -> {
            request.setAttribute(HandlerMapping.BEST_MATCHING_PATTERN_ATTRIBUTE, pattern);
            ServerHttpObservationFilter.findObservationContext((MockHttpServletRequest) request)
                .ifPresent(context -> context.setPathPattern(pattern));
            ((MockHttpServletResponse) response).setStatus(status);
            rethrow(thrown);
          };
      Throwable expected = run(spring, method, chain);
      assertThat(run(filter, method, chain)).isSameAs(expected).isSameAs(thrown);
    }
    assertThat(timers(ours)).isEqualTo(timers(theirs)).hasSize(1);
  }

  @Test
  void aRequestThatIsAnsweredLaterCountsWhenItIs() throws Exception {
    SimpleMeterRegistry ours = new SimpleMeterRegistry();
    HttpRequestTimer filter = new HttpRequestTimer(ObservationRegistry.create(), ours, NAME, false);
    MockHttpServletRequest request = new MockHttpServletRequest("POST", "/v1/models");
    request.setAsyncSupported(true);
    MockHttpServletResponse response = new MockHttpServletResponse();
    filter.doFilter(request, response, (asked, answer) -> asked.startAsync(asked, answer));
    assertThat(timers(ours)).isEmpty();
    response.setStatus(503);
    Objects.requireNonNull((MockAsyncContext) request.getAsyncContext()).complete();
    assertThat(timers(ours)).hasSize(1).first().asString().contains("503").endsWith("1");
  }

  @Test
  void requestsThatAreTracedAreObserved() throws Exception {
    SimpleMeterRegistry theirs = new SimpleMeterRegistry();
    SimpleMeterRegistry ours = new SimpleMeterRegistry();
    new HttpRequestTimer(observations(theirs), ours, NAME, true)
        .doFilter(
            new MockHttpServletRequest("GET", "/"),
            new MockHttpServletResponse(),
            (request, response) ->
                assertThat(
                        ServerHttpObservationFilter.findObservationContext(
                            (MockHttpServletRequest) request))
                    .isPresent());
    assertThat(timers(theirs)).hasSize(1);
    assertThat(ours.getMeters()).isEmpty();
  }

  private static ObservationRegistry observations(SimpleMeterRegistry meters) {
    ObservationRegistry observations = ObservationRegistry.create();
    observations.observationConfig().observationHandler(new DefaultMeterObservationHandler(meters));
    return observations;
  }

  private static Throwable run(
      ServerHttpObservationFilter filter, String method, FilterChain chain) {
    return catchThrowable(
        () ->
            filter.doFilter(
                new MockHttpServletRequest(method, "/v1/models/a/step"),
                new MockHttpServletResponse(),
                chain));
  }

  private static void rethrow(@Nullable Throwable thrown) throws IOException, ServletException {
    if (thrown instanceof RuntimeException exception) {
      throw exception;
    } else if (thrown instanceof IOException exception) {
      throw exception;
    } else if (thrown instanceof ServletException exception) {
      throw exception;
    }
  }

  /** Names and tags, and how often; not the long task timers of what goes on. */
  private static List<String> timers(SimpleMeterRegistry registry) {
    List<String> found = new ArrayList<>();
    for (Meter meter : registry.getMeters()) {
      if (meter instanceof Timer timer) {
        found.add(meter.getId() + " " + timer.count());
      }
    }
    return found;
  }
}

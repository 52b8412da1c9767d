package dev.keepgate.api.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.observation.ObservationRegistry;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.observation.DefaultServerRequestObservationConvention;
import org.springframework.http.server.observation.ServerRequestObservationContext;
import org.springframework.web.filter.ServerHttpObservationFilter;
import org.springframework.web.servlet.HandlerMapping;

/**
 * Records {@code http.server.requests} with the tags that Spring's observation of a request gives
 * it, without an observation: making one took a tenth of a small step's time. Requests that are
 * traced are observed as Spring does it.
 */
final class HttpRequestTimer extends ServerHttpObservationFilter {

  private static final DefaultServerRequestObservationConvention CONVENTION =
      new DefaultServerRequestObservationConvention();

  /** Routes and statuses are few; methods a client can invent, and those are not kept. */
  private static final int MOST_TIMERS = 1000;

  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE");

  private static final String NO_ERROR = "none";

  private final transient MeterRegistry meters;
  private final String name;
  private final boolean traces;
  private final transient ConcurrentMap<Outcome, Timer> timers = new ConcurrentHashMap<>();

  /**
   * @param name the timer's
   * @param traces whether requests are traced
   */
  HttpRequestTimer(
      ObservationRegistry observations, MeterRegistry meters, String name, boolean traces) {
    super(observations, new DefaultServerRequestObservationConvention(name));
    this.meters = meters;
    this.name = name;
    this.traces = traces;
  }

  /** What the tags are made of. */
  private record Outcome(
      String method, int status, @Nullable String pattern, @Nullable Class<?> error) {}

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    if (traces) {
      super.doFilterInternal(request, response, chain);
    } else if (request.getDispatcherType() == DispatcherType.ASYNC) {
      // Whoever began it listens for its end.
      chain.doFilter(request, response);
    } else {
      time(request, response, chain);
    }
  }

  private void time(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    long start = System.nanoTime();
    try {
      chain.doFilter(request, response);
    } catch (ServletException | IOException | RuntimeException | Error e) {
      response.setStatus(HttpStatus.INTERNAL_SERVER_ERROR.value());
      record(start, request, response, cause(e));
      throw e;
    }
    if (request.isAsyncStarted()) {
      request.getAsyncContext().addListener(new AsyncEnd(start), request, response);
    } else {
      record(start, request, response, error(request));
    }
  }

  private static @Nullable Throwable error(HttpServletRequest request) {
    return (Throwable) request.getAttribute(RequestDispatcher.ERROR_EXCEPTION);
  }

  private static Throwable cause(Throwable thrown) {
    return thrown instanceof ServletException && thrown.getCause() != null
        ? thrown.getCause()
        : thrown;
  }

  private void record(
      long start,
      HttpServletRequest request,
      HttpServletResponse response,
      @Nullable Throwable error) {
    long took = System.nanoTime() - start;
    String pattern = (String) request.getAttribute(HandlerMapping.BEST_MATCHING_PATTERN_ATTRIBUTE);
    Outcome outcome =
        new Outcome(
            request.getMethod(),
            response.getStatus(),
            pattern,
            error == null ? null : error.getClass());
    Timer timer = timers.get(outcome);
    if (timer == null) {
      timer = timer(request, response, pattern, error);
      if (METHODS.contains(outcome.method()) && timers.size() < MOST_TIMERS) {
        timers.put(outcome, timer);
      }
    }
    timer.record(took, TimeUnit.NANOSECONDS);
  }

  /**
   * The timer of an observation of this request, as Micrometer's handler of observations has it.
   */
  private Timer timer(
      HttpServletRequest request,
      HttpServletResponse response,
      @Nullable String pattern,
      @Nullable Throwable error) {
    ServerRequestObservationContext context =
        new ServerRequestObservationContext(request, response);
    context.setPathPattern(pattern);
    if (error != null) {
      context.setError(error);
    }
    Tags tags =
        Tags.of(
            CONVENTION.getLowCardinalityKeyValues(context).stream()
                .map(value -> Tag.of(value.getKey(), value.getValue()))
                .toList());
    return meters.timer(
        name, tags.and("error", error == null ? NO_ERROR : error.getClass().getSimpleName()));
  }

  /** Records a request that was answered later, when it is. */
  private final class AsyncEnd implements AsyncListener {

    private final long start;
    private @Nullable Throwable error;

    AsyncEnd(long start) {
      this.start = start;
    }

    @Override
    public void onComplete(AsyncEvent event) {
      if (event.getSuppliedRequest() instanceof HttpServletRequest request
          && event.getSuppliedResponse() instanceof HttpServletResponse response) {
        record(start, request, response, error == null ? error(request) : error);
      }
    }

    @Override
    public void onError(AsyncEvent event) {
      error = cause(event.getThrowable());
    }

    @Override
    public void onTimeout(AsyncEvent event) {
      // It completes all the same.
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
      event
          .getAsyncContext()
          .addListener(this, event.getSuppliedRequest(), event.getSuppliedResponse());
    }
  }
}

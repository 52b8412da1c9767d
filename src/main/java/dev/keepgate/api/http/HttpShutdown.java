package dev.keepgate.api.http;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.tomcat.TomcatWebServer;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.Ordered;

/**
 * Ends HTTP without losing a request. First every answer becomes its connection's last while the
 * server, which is no longer ready, goes on as before. Then the listener closes; what clients send
 * on the connections that are left is served, until they are gone.
 *
 * <p>Tomcat's own graceful end drops what comes on open connections, so it is not used.
 */
final class HttpShutdown
    implements ApplicationListener<ContextClosedEvent>, Ordered, SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(HttpShutdown.class);

  /** A client that has been quiet for so long has no request on the way, as far as one can tell. */
  private static final Duration QUIET = Duration.ofMillis(500);

  private static final long LOOK_MILLIS = 20;

  private final ApplicationContext context;
  private final Duration drain;
  private final CompletableFuture<Runnable> whenEnded = new CompletableFuture<>();
  private volatile boolean draining;
  private volatile boolean running;

  HttpShutdown(ApplicationContext context, Duration drain) {
    this.context = context;
    this.drain = drain;
  }

  /** Before anything else of the context ends, gRPC's listener and the management's included. */
  @Override
  public void onApplicationEvent(ContextClosedEvent event) {
    if (event.getApplicationContext() != context || !running) {
      return;
    }
    Optional<HttpProtocol> protocol = protocol();
    if (protocol.isEmpty()) {
      return;
    }
    log.info("Draining: every answer ends its connection, for {}", drain);
    protocol.get().endConnectionsWithTheirAnswers();
    try {
      TimeUnit.NANOSECONDS.sleep(drain.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Thread ending = new Thread(() -> end(protocol.get()), "http-shutdown");
    ending.setDaemon(true);
    draining = true;
    ending.start();
  }

  private Optional<HttpProtocol> protocol() {
    return context instanceof WebServerApplicationContext web
            && web.getWebServer() instanceof TomcatWebServer server
            && server.getTomcat().getConnector().getProtocolHandler() instanceof HttpProtocol http
        ? Optional.of(http)
        : Optional.empty();
  }

  private void end(HttpProtocol protocol) {
    try {
      protocol.closeListener();
      log.info("No more connections are taken; {} are open", protocol.connections());
      while (running && protocol.connections() > 0) {
        protocol.closeIdle(QUIET.toNanos());
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      running = false;
      whenEnded.join().run();
    }
  }

  @Override
  public void start() {
    running = true;
  }

  @Override
  public void stop() {
    running = false;
  }

  /** Spring waits for it no longer than {@code spring.lifecycle.timeout-per-shutdown-phase}. */
  @Override
  public void stop(Runnable callback) {
    whenEnded.complete(callback);
    if (!draining) {
      running = false;
      callback.run();
    }
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** Beside gRPC's. */
  @Override
  public int getPhase() {
    return Integer.MAX_VALUE;
  }

  @Override
  public int getOrder() {
    return HIGHEST_PRECEDENCE;
  }
}

package dev.keepgate.api.http;

import dev.keepgate.memory.MemoryFullException;
import dev.keepgate.memory.RequestMemory;
import dev.keepgate.memory.TooMuchMemoryException;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.HandlerExceptionResolver;

/**
 * Reads bodies, and has their requests answered. A body that is there is read and answered on the
 * request's own thread; one that is not is waited for without a thread, its bytes counted as they
 * come and never as they were announced.
 */
@Component
public final class BodyReader {

  private static final Logger log = LoggerFactory.getLogger(BodyReader.class);
  private static final String IDENTITY = "identity";

  /** Bytes to make room for before it is known how many come. */
  static final int FIRST = 1 << 13;

  /** The largest array that every JVM makes. */
  private static final int LARGEST = Integer.MAX_VALUE - 8;

  private final HttpProperties properties;
  private final RequestThreads threads;
  private final ErrorAnswers answers;
  private final HandlerExceptionResolver errors;

  BodyReader(
      HttpProperties properties,
      RequestThreads threads,
      ErrorAnswers answers,
      HandlerExceptionResolver handlerExceptionResolver) {
    this.properties = properties;
    this.threads = threads;
    this.answers = answers;
    this.errors = handlerExceptionResolver;
  }

  /** Refuses a body that is packed. */
  public static void requirePlain(HttpServletRequest request) throws UnsupportedCodingException {
    String coding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
    if (coding != null && !coding.equalsIgnoreCase(IDENTITY)) {
      throw new UnsupportedCodingException(coding, IDENTITY);
    }
  }

  /**
   * Reads the body, and has the request answered: before this returns where the body is there,
   * later where it is not.
   *
   * @throws BodyTooLargeException if the client announces more than is allowed
   */
  public void read(HttpServletRequest request, HttpServletResponse response, BodyExchange exchange)
      throws IOException, ServletException {
    boolean handedOn = false;
    try {
      long limit = properties.maxBody().toBytes();
      long announced = request.getContentLengthLong();
      requireFits(announced, limit, request, exchange);
      ServletInputStream in = request.getInputStream();
      BodyBuffer body = new BodyBuffer(Math.max(0, announced), exchange.memory());
      if (announced >= 0 && !readWhatIsThere(request, response, body)) {
        return;
      }
      boolean there = announced < 0 || body.isWhole();
      if (there && threads.tryAcquire()) {
        answerNow(announced < 0 ? null : body.body(), in, exchange);
        return;
      }
      AsyncContext async = request.startAsync(request, response);
      // The connection has deadlines for its head and its body, and the request for its answer.
      async.setTimeout(0);
      handedOn = true;
      Waiting waiting = new Waiting(async, request, response, exchange, body);
      if (there) {
        waiting.answerOnceThereIsAThread();
      } else {
        // A read that does not wait does not ask for it.
        HttpCancellation.askForBody(request);
        in.setReadListener(waiting);
      }
    } finally {
      if (!handedOn) {
        exchange.close();
      }
    }
  }

  /** What can never be read is refused now, and not waited for. */
  private static void requireFits(
      long announced, long limit, HttpServletRequest request, BodyExchange exchange)
      throws IOException {
    try {
      if (announced > limit) {
        throw new BodyTooLargeException(limit);
      }
      exchange.memory().requireFits(announced);
    } catch (BodyTooLargeException | TooMuchMemoryException e) {
      HttpCancellation.leaveRest(request);
      throw e;
    }
  }

  /**
   * Reads what the connection has of a body, which is all of it where the client sent it with its
   * head: such a request needs no second dispatch.
   *
   * @return false if the connection broke, which has been answered
   */
  private boolean readWhatIsThere(
      HttpServletRequest request, HttpServletResponse response, BodyBuffer body) {
    try {
      ServletInputStream in = request.getInputStream();
      while (!body.isWhole() && HttpCancellation.hasInput(request) && body.tryMakeRoom()) {
        if (!body.read(in)) {
          break;
        }
      }
      return true;
    } catch (IOException e) {
      answerBroken(e, request, response);
      HttpCancellation.leaveRest(request);
      return false;
    }
  }

  /** Answers on this thread; chunks are read by it first. */
  private void answerNow(@Nullable Body body, ServletInputStream in, BodyExchange exchange)
      throws IOException, ServletException {
    try {
      exchange.answer(body == null ? readChunked(in, exchange.memory()) : body);
    } finally {
      threads.release();
    }
  }

  /** The connection has an end after this; whoever only ended his own side still listens. */
  private void answerBroken(
      Throwable failure, HttpServletRequest request, HttpServletResponse response) {
    log.debug("A client left, or its body is broken", failure);
    try {
      answers.send(
          isLate(failure) ? Problem.lateBody() : Problem.incompleteBody(),
          request.getRequestURI(),
          response);
      response.flushBuffer();
    } catch (IOException | IllegalStateException e) {
      log.debug("A client left", e);
    }
  }

  private static boolean isLate(@Nullable Throwable failure) {
    return failure instanceof SocketTimeoutException
        || (failure != null && isLate(failure.getCause()));
  }

  /**
   * Chunks are read by a thread that waits for them: at the last one Tomcat 11 goes on with the
   * connection's next request before this one has an answer, if nobody waits.
   */
  private Body readChunked(ServletInputStream in, RequestMemory memory) throws IOException {
    long limit = Math.min(LARGEST, properties.maxBody().toBytes());
    memory.take(FIRST);
    byte[] bytes = new byte[FIRST];
    int size = 0;
    for (int count = 0; count >= 0; count = in.read(bytes, size, bytes.length - size)) {
      size += count;
      if (size > limit) {
        throw new BodyTooLargeException(limit);
      }
      if (size == bytes.length) {
        int room = (int) Math.min(limit + 1, 2L * size);
        memory.take(room);
        bytes = Arrays.copyOf(bytes, room);
        memory.giveBack(size);
      }
    }
    return new Body(bytes, size);
  }

  /** A request that waits without a thread: for its body, for memory, for a thread. */
  private final class Waiting implements ReadListener {

    private final AsyncContext async;
    private final HttpServletRequest request;
    private final HttpServletResponse response;
    private final ServletInputStream in;
    private final BodyExchange exchange;
    private final BodyBuffer body;
    private boolean over;

    Waiting(
        AsyncContext async,
        HttpServletRequest request,
        HttpServletResponse response,
        BodyExchange exchange,
        BodyBuffer body)
        throws IOException {
      this.async = async;
      this.request = request;
      this.response = response;
      this.in = request.getInputStream();
      this.exchange = exchange;
      this.body = body;
    }

    /** What the connection throws is told to {@link #onError}. */
    @Override
    public void onDataAvailable() throws IOException {
      try {
        while (!over && in.isReady()) {
          if (!body.tryMakeRoom()) {
            var unused =
                body.takeRoom().whenComplete((taken, failure) -> async.start(() -> goOn(failure)));
            return;
          }
          if (!body.read(in)) {
            return;
          }
        }
      } catch (RuntimeException | Error e) {
        fail(e);
      }
    }

    private void goOn(@Nullable Throwable failure) {
      if (failure != null) {
        fail(new MemoryFullException());
        return;
      }
      body.makeRoom();
      try {
        onDataAvailable();
      } catch (IOException e) {
        onError(e);
      }
    }

    @Override
    public void onAllDataRead() {
      if (threads.tryAcquire()) {
        answer();
      } else {
        answerOnceThereIsAThread();
      }
    }

    void answerOnceThereIsAThread() {
      CompletableFuture<@Nullable Void> later = threads.acquire();
      var unused =
          later.whenComplete(
              (acquired, failure) ->
                  async.start(
                      () -> {
                        if (failure != null) {
                          fail(new ThreadsFullException());
                        } else {
                          answer();
                        }
                      }));
    }

    private void answer() {
      try {
        boolean chunked = request.getContentLengthLong() < 0;
        exchange.answer(chunked ? readChunked(in, exchange.memory()) : body.body());
        end();
      } catch (IOException | ServletException | RuntimeException | Error e) {
        fail(e);
      } finally {
        threads.release();
      }
    }

    @Override
    public void onError(Throwable failure) {
      if (over) {
        return;
      }
      try {
        answerBroken(failure, request, response);
      } finally {
        end();
      }
    }

    private void fail(Throwable failure) {
      if (over) {
        return;
      }
      try {
        Exception exception =
            failure instanceof Exception e ? e : new IllegalStateException(failure);
        if (errors.resolveException(request, response, null, exception) == null) {
          log.error("A request failed", failure);
        }
      } catch (RuntimeException | Error e) {
        log.error("A request failed, and so did its error", e);
      } finally {
        end();
      }
    }

    private void end() {
      if (!over) {
        over = true;
        HttpCancellation.leaveRest(request);
        try {
          exchange.close();
        } finally {
          async.complete();
        }
      }
    }
  }
}

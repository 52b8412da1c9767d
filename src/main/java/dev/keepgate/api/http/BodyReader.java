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
  private static final int FIRST = 1 << 13;

  /** The largest array that every JVM makes. */
  private static final int LARGEST = Integer.MAX_VALUE - 8;

  private final HttpProperties properties;
  private final RequestThreads threads;
  private final ErrorWriter writer;
  private final HandlerExceptionResolver errors;

  BodyReader(
      HttpProperties properties,
      RequestThreads threads,
      ErrorWriter writer,
      HandlerExceptionResolver handlerExceptionResolver) {
    this.properties = properties;
    this.threads = threads;
    this.writer = writer;
    this.errors = handlerExceptionResolver;
  }

  /** Refuses a body that is packed in a way that is not unpacked. */
  public static void requireKnownCoding(HttpServletRequest request)
      throws UnsupportedCodingException {
    var unused = Encoding.ofBody(request);
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
      if (exchange.readsItself()) {
        handedOn = !answerIfThereIsAThread(exchange);
        if (handedOn) {
          new Waiting(startAsync(request, response), request, response, exchange)
              .answerOnceThereIsAThread();
        }
        return;
      }
      long limit = properties.maxBody().toBytes();
      long announced = request.getContentLengthLong();
      requireFits(announced, limit, request, exchange);
      ServletInputStream in = request.getInputStream();
      boolean there = announced >= 0 && HttpCancellation.buffered(request) >= announced;
      if (there && exchange.memory().tryTake(announced)) {
        if (threads.tryAcquire()) {
          answerNow(request, (int) announced, exchange);
          return;
        }
        exchange.memory().giveBack(announced);
      } else if (announced < 0 && threads.tryAcquire()) {
        answerChunked(request, exchange);
        return;
      }
      AsyncContext async = startAsync(request, response);
      handedOn = true;
      Waiting waiting = new Waiting(async, request, response, exchange);
      if (announced < 0) {
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

  private static AsyncContext startAsync(HttpServletRequest request, HttpServletResponse response) {
    AsyncContext async = request.startAsync(request, response);
    // The connection has deadlines for its head and its body, and the request for its answer.
    async.setTimeout(0);
    return async;
  }

  /** Has a request answered that reads its body itself; false where there is no thread for it. */
  private boolean answerIfThereIsAThread(BodyExchange exchange)
      throws IOException, ServletException {
    if (!threads.tryAcquire()) {
      return false;
    }
    try {
      exchange.answer(Body.EMPTY);
      return true;
    } finally {
      threads.release();
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

  private void answerNow(HttpServletRequest request, int size, BodyExchange exchange)
      throws IOException, ServletException {
    try {
      byte[] bytes = new byte[size];
      int read = request.getInputStream().readNBytes(bytes, 0, size);
      exchange.answer(unpacked(new Body(bytes, read), request, exchange));
    } finally {
      threads.release();
    }
  }

  /**
   * Chunks are read by a thread that waits for them: at the last one Tomcat 11 goes on with the
   * connection's next request before this one has an answer, if nobody waits.
   */
  private void answerChunked(HttpServletRequest request, BodyExchange exchange)
      throws IOException, ServletException {
    try {
      Body body = readChunked(request.getInputStream(), exchange.memory());
      exchange.answer(unpacked(body, request, exchange));
    } finally {
      threads.release();
    }
  }

  private Body unpacked(Body body, HttpServletRequest request, BodyExchange exchange)
      throws IOException {
    Encoding packed = exchange.unpacksItself() ? null : Encoding.ofBody(request);
    return packed == null
        ? body
        : packed.unpack(body, properties.maxBody().toBytes(), exchange.memory());
  }

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
    private final RequestMemory memory;
    private final long announced;
    private byte[] bytes = new byte[0];
    private int size;
    private boolean over;

    Waiting(
        AsyncContext async,
        HttpServletRequest request,
        HttpServletResponse response,
        BodyExchange exchange)
        throws IOException {
      this.async = async;
      this.request = request;
      this.response = response;
      this.in = request.getInputStream();
      this.exchange = exchange;
      this.memory = exchange.memory();
      this.announced = request.getContentLengthLong();
    }

    /** What the connection throws is told to {@link #onError}. */
    @Override
    public void onDataAvailable() throws IOException {
      try {
        while (!over && in.isReady()) {
          if (size == bytes.length && !grow()) {
            return;
          }
          int count = in.read(bytes, size, bytes.length - size);
          if (count < 0) {
            return;
          }
          size += count;
        }
      } catch (RuntimeException | Error e) {
        fail(e);
      }
    }

    /** Makes room; false where its memory has to be waited for. */
    private boolean grow() {
      int next = (int) Math.min(announced, Math.max(FIRST, 2L * bytes.length));
      if (memory.tryTake(next)) {
        resize(next);
        return true;
      }
      var unused =
          memory
              .takeLater(next)
              .whenComplete((taken, failure) -> async.start(() -> goOn(next, failure)));
      return false;
    }

    private void resize(int room) {
      int before = bytes.length;
      bytes = Arrays.copyOf(bytes, room);
      memory.giveBack(before);
    }

    private void goOn(int room, @Nullable Throwable failure) {
      if (failure != null) {
        fail(new MemoryFullException());
      } else {
        resize(room);
        try {
          onDataAvailable();
        } catch (IOException e) {
          onError(e);
        }
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
      HttpRequestId.log(response);
      try {
        exchange.answer(body());
        end();
      } catch (IOException | ServletException | RuntimeException | Error e) {
        fail(e);
      } finally {
        HttpRequestId.endLog();
        threads.release();
      }
    }

    private Body body() throws IOException {
      if (exchange.readsItself()) {
        return Body.EMPTY;
      }
      Body body = announced < 0 ? readChunked(in, memory) : new Body(bytes, size);
      return unpacked(body, request, exchange);
    }

    /** The connection has an end after this; whoever only ended his own side still listens. */
    @Override
    public void onError(Throwable failure) {
      if (over) {
        return;
      }
      HttpRequestId.log(response);
      log.debug("A client left, or its body is broken", failure);
      try {
        writer.send(
            isLate(failure) ? ProblemDetails.lateBody() : ProblemDetails.incompleteBody(),
            request.getRequestURI(),
            response);
        response.flushBuffer();
      } catch (IOException | IllegalStateException e) {
        log.debug("A client left", e);
      } finally {
        HttpRequestId.endLog();
        end();
      }
    }

    private static boolean isLate(@Nullable Throwable failure) {
      return failure instanceof SocketTimeoutException
          || (failure != null && isLate(failure.getCause()));
    }

    private void fail(Throwable failure) {
      if (over) {
        return;
      }
      HttpRequestId.log(response);
      if (HttpCancellation.hasUnreadBody(request) && !response.isCommitted()) {
        // The rest is left, and its connection with it: the client must not use it again.
        response.setHeader(HttpHeaders.CONNECTION, "close");
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
        HttpRequestId.endLog();
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

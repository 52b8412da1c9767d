package dev.keepgate.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** What a client of a {@link LoadLoop} and its server say to each other: a request at a time. */
interface Exchange {

  /** What an answer comes to. */
  enum Verdict {
    SERVED,
    REFUSED,
    FAILED
  }

  /**
   * Begins a request, when the last one is sent and answered.
   *
   * @param request all of it; the buffer is all clients', and its position means nothing
   */
  void begin(ByteBuffer request);

  /** Sends as much as the socket takes. */
  void send(SocketChannel channel) throws IOException;

  /** Whether nothing is left to send. */
  boolean isSent();

  /** Reads on to the end of what has arrived; whether the answer is there to its end with it. */
  boolean receive(ByteBuffer in) throws IOException;

  /** On the answer that is there. */
  Verdict verdict();

  /** Whether the server closes the connection after that answer. */
  boolean closes();
}

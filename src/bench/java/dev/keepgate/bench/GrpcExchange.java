package dev.keepgate.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * Unary gRPC calls in bare HTTP/2 frames (RFC 9113, and gRPC over HTTP/2): what a client does with
 * an answer is not what is measured.
 */
final class GrpcExchange implements Exchange {

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RESET = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int ACK = 1;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;

  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final short INITIAL_WINDOW_SIZE = 4;
  private static final int FIRST_WINDOW = 65_535;
  private static final int WINDOW = 1 << 30;

  private static final int HEAD = 9;
  private static final int STREAM_OFFSET = 5;
  private static final int MAX_PAYLOAD = 1 << 14;
  private static final int PING_LENGTH = 8;

  /** Of a message: whether it is compressed, and its length. */
  private static final int PREFIX = 5;

  /** Frames to send: a call with its two heads, and ample room for what the server is owed. */
  private final ByteBuffer out = ByteBuffer.allocateDirect(2 * MAX_PAYLOAD);

  /** Of the frame that arrives its head, and what follows: all of a ping. */
  private final ByteBuffer frame = ByteBuffer.allocate(HEAD + PING_LENGTH);

  /** Bytes of that frame. */
  private int arrived;

  private int stream = -1;

  /** Bytes of data in the answer to this call. */
  private int answered;

  /** Bytes of data since the window was last opened. */
  private int consumed;

  GrpcExchange() {
    out.put(PREFACE);
    head(out, 6, SETTINGS, 0).putShort(INITIAL_WINDOW_SIZE).putInt(WINDOW);
    openWindow(WINDOW - FIRST_WINDOW);
  }

  /**
   * The frames of a call, but for the number of their stream. The server's window is not watched: a
   * message of one frame fits into half of it, and half is the least that is open when the call
   * before is answered.
   */
  static byte[] request(String method, byte[] message) {
    int length = PREFIX + message.length;
    if (length > MAX_PAYLOAD) {
      throw new IllegalArgumentException("a message of more than a frame: " + message.length);
    }
    byte[] headers = headers(method);
    ByteBuffer frames = ByteBuffer.allocate(HEAD + headers.length + HEAD + length);
    head(frames, headers.length, HEADERS, END_HEADERS).put(headers);
    head(frames, length, DATA, END_STREAM).put((byte) 0).putInt(message.length).put(message);
    return frames.array();
  }

  /** The request's fields, none of them indexed (RFC 7541). */
  private static byte[] headers(String method) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(0x83); // :method POST
    block.write(0x86); // :scheme http
    block.write(0x04); // :path
    text(block, method);
    block.write(0x01); // :authority
    text(block, "localhost");
    block.write(0x0f); // content-type
    block.write(0x10);
    text(block, "application/grpc");
    block.write(0x00);
    text(block, "te");
    text(block, "trailers");
    return block.toByteArray();
  }

  private static void text(ByteArrayOutputStream block, String text) {
    block.write(text.length());
    block.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Of a frame of the connection: a call's are yet to be given their stream. */
  private static ByteBuffer head(ByteBuffer to, int length, int type, int flags) {
    return to.putInt(length << 8 | type).put((byte) flags).putInt(0);
  }

  /** Of the frame that begins there, without its head. */
  private static int length(ByteBuffer frames, int start) {
    return frames.getInt(start) >>> 8;
  }

  private void openWindow(int bytes) {
    head(out, 4, WINDOW_UPDATE, 0).putInt(bytes);
  }

  @Override
  public void begin(ByteBuffer request) {
    stream += 2;
    answered = 0;
    int start = out.position();
    out.put(request.rewind());
    for (int at = start; at < out.position(); at += HEAD + length(out, at)) {
      out.putInt(at + STREAM_OFFSET, stream);
    }
  }

  @Override
  public void send(SocketChannel channel) throws IOException {
    out.flip();
    try {
      channel.write(out);
    } finally {
      out.compact();
    }
  }

  @Override
  public boolean isSent() {
    return out.position() == 0;
  }

  @Override
  public boolean receive(ByteBuffer in) throws IOException {
    boolean isEnd = false;
    while (in.hasRemaining()) {
      if (readFrame(in)) {
        isEnd |= takeFrame();
        arrived = 0;
      }
    }
    return isEnd;
  }

  private boolean readFrame(ByteBuffer in) {
    while (in.hasRemaining() && arrived < Math.min(frameLength(), frame.capacity())) {
      frame.put(arrived++, in.get());
    }
    int passed = Math.min(in.remaining(), frameLength() - arrived);
    in.position(in.position() + passed);
    arrived += passed;
    return arrived == frameLength();
  }

  /** Of the frame that arrives, as far as it is known. */
  private int frameLength() {
    return arrived < HEAD ? HEAD : HEAD + length(frame, 0);
  }

  /** Whether it is the answer's last. */
  private boolean takeFrame() throws IOException {
    int type = frame.get(3);
    int flags = frame.get(4);
    switch (type) {
      case SETTINGS, PING -> {
        if ((flags & ACK) == 0) {
          acknowledge(type);
        }
      }
      case DATA -> consume(length(frame, 0));
      case RESET, GOAWAY -> throw new IOException("the server ended the call or connection");
      default -> {
        // Headers, and windows that are never full.
      }
    }
    return (type == DATA || type == HEADERS)
        && (flags & END_STREAM) != 0
        && frame.getInt(STREAM_OFFSET) == stream;
  }

  private void acknowledge(int type) {
    int length = type == PING ? PING_LENGTH : 0;
    head(out, length, type, ACK).put(frame.array(), HEAD, length);
  }

  private void consume(int bytes) {
    answered += bytes;
    consumed += bytes;
    if (consumed > WINDOW / 2) {
      openWindow(consumed);
      consumed = 0;
    }
  }

  /** A failure comes without a message. */
  @Override
  public Verdict verdict() {
    return answered > PREFIX ? Verdict.SERVED : Verdict.FAILED;
  }

  /** A server that does says so in a frame, which ends the load. */
  @Override
  public boolean closes() {
    return false;
  }
}

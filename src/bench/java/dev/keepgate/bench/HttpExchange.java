package dev.keepgate.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** HTTP/1.1, without pipelining. */
final class HttpExchange implements Exchange {

  private final AnswerParser answer = new AnswerParser();
  private ByteBuffer request = ByteBuffer.allocate(0);
  private int sent;

  @Override
  public void begin(ByteBuffer request) {
    this.request = request;
    sent = 0;
  }

  @Override
  public void send(SocketChannel channel) throws IOException {
    channel.write(request.position(sent));
    sent = request.position();
  }

  @Override
  public boolean isSent() {
    return sent == request.limit();
  }

  @Override
  public boolean receive(ByteBuffer in) throws IOException {
    boolean isEnd = answer.parse(in);
    if (in.hasRemaining()) {
      throw new IOException("the server sent more than an answer");
    }
    return isEnd;
  }

  @Override
  public Verdict verdict() {
    return switch (answer.status()) {
      case 200 -> Verdict.SERVED;
      case 429 -> Verdict.REFUSED;
      default -> Verdict.FAILED;
    };
  }

  @Override
  public boolean closes() {
    return answer.closes();
  }
}

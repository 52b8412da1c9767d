package dev.keepgate.api.oip.grpc;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A port that has so many connections at most, and closes one more at once. */
final class GrpcServerChannel extends NioServerSocketChannel {

  private final int limit;
  private final AtomicInteger open = new AtomicInteger();

  GrpcServerChannel(int limit) {
    this.limit = limit;
  }

  @Override
  protected int doReadMessages(List<Object> accepted) throws Exception {
    int before = accepted.size();
    int count = super.doReadMessages(accepted);
    if (accepted.size() > before
        && accepted.get(before) instanceof NioSocketChannel connection
        && !accept(connection)) {
      accepted.remove(before);
    }
    return count;
  }

  private boolean accept(NioSocketChannel connection) {
    if (open.incrementAndGet() > limit) {
      open.decrementAndGet();
      connection.unsafe().closeForcibly();
      return false;
    }
    connection.closeFuture().addListener(closed -> open.decrementAndGet());
    connection.pipeline().addFirst(new EarlyEnds());
    return true;
  }

  /**
   * Ends streams that the server has answered before their clients had sent all (RFC 9113, 8.1):
   * else they would stay for as long as their clients like, beyond all that counts calls.
   */
  private static final class EarlyEnds extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object bytes) throws Exception {
      ChannelHandlerContext http2 = ctx.pipeline().context(Http2ConnectionHandler.class);
      if (http2 != null) {
        Http2ConnectionHandler handler = (Http2ConnectionHandler) http2.handler();
        handler
            .connection()
            .addListener(
                new Http2ConnectionAdapter() {
                  @Override
                  public void onStreamHalfClosed(Http2Stream stream) {
                    http2.executor().execute(() -> end(http2, handler, stream));
                  }
                });
        ctx.pipeline().remove(this);
      }
      super.channelRead(ctx, bytes);
    }

    private static void end(
        ChannelHandlerContext http2, Http2ConnectionHandler handler, Http2Stream stream) {
      if (stream.state() == Http2Stream.State.HALF_CLOSED_LOCAL) {
        var unused =
            handler
                .encoder()
                .writeRstStream(http2, stream.id(), Http2Error.NO_ERROR.code(), http2.newPromise());
        http2.flush();
      }
    }
  }
}

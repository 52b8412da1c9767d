package dev.keepgate.api.oip.grpc;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/** The threads of gRPC's connections. */
final class GrpcEventLoops extends MultiThreadIoEventLoopGroup {

  private static final int PATIENCE_SECONDS = 15;

  GrpcEventLoops(ThreadFactory factory) {
    super(factory, NioIoHandler.newFactory());
  }

  /** The server has ended its connections by then, so nothing more can come that would be lost. */
  @Override
  public Future<?> shutdownGracefully() {
    return shutdownGracefully(0, PATIENCE_SECONDS, TimeUnit.SECONDS);
  }
}

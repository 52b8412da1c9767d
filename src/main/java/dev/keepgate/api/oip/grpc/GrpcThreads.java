package dev.keepgate.api.oip.grpc;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorGroup;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Threads of gRPC's calls.
 *
 * @param requests for calls that may wait: for their turn, for a result, for a store
 * @param health for calls that ask how the server is, and are to be answered while it is full
 * @param connections that read and write, and wait for nothing
 */
record GrpcThreads(Executor requests, Executor health, EventExecutorGroup connections) {

  private static final int HEALTH = 2;

  /** A virtual thread for each call. */
  static GrpcThreads virtual(EventExecutorGroup connections) {
    return new GrpcThreads(
        new VirtualThreadTaskExecutor("keepgate-grpc-"),
        pool("keepgate-grpc-health-", HEALTH),
        connections);
  }

  /** Threads that calls take turns on; those that wait for one are bounded by the calls. */
  static GrpcThreads platform(int count, EventExecutorGroup connections) {
    return new GrpcThreads(
        pool("keepgate-grpc-", count), pool("keepgate-grpc-health-", HEALTH), connections);
  }

  /** The connection's thread that this is; null on any other. */
  @Nullable Executor currentConnection() {
    for (EventExecutor each : connections) {
      if (each.inEventLoop()) {
        return each;
      }
    }
    return null;
  }

  private static Executor pool(String name, int count) {
    CustomizableThreadFactory factory = new CustomizableThreadFactory(name);
    factory.setDaemon(true);
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            count, count, 1, TimeUnit.MINUTES, new LinkedBlockingQueue<>(), factory);
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }
}

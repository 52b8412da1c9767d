package dev.keepgate.api.oip.grpc;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Threads of gRPC's calls.
 *
 * @param requests for calls that may wait: for their turn, for a result, for a store
 * @param health for calls that ask how the server is, and are to be answered while it is full
 */
record GrpcThreads(Executor requests, Executor health) {

  private static final int HEALTH = 2;

  /** A virtual thread for each call. */
  static GrpcThreads virtual() {
    return new GrpcThreads(
        new VirtualThreadTaskExecutor("keepgate-grpc-"), pool("keepgate-grpc-health-", HEALTH));
  }

  /** Threads that calls take turns on; those that wait for one are bounded by the calls. */
  static GrpcThreads platform(int count) {
    return new GrpcThreads(pool("keepgate-grpc-", count), pool("keepgate-grpc-health-", HEALTH));
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

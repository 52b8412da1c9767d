package dev.keepgate.api.oip;

import io.grpc.DecompressorRegistry;
import io.grpc.netty.NettyServerBuilder;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.springframework.boot.grpc.server.autoconfigure.GrpcServerExecutorProvider;
import org.springframework.boot.thread.Threading;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.grpc.server.ServerBuilderCustomizer;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

@Configuration(proxyBeanMethods = false)
class GrpcConfiguration {

  /** Calls wait for lanes and for stores: each on a thread of its own. */
  @Bean
  GrpcServerExecutorProvider grpcExecutor(Environment environment) {
    if (Threading.VIRTUAL.isActive(environment)) {
      Executor virtual = new VirtualThreadTaskExecutor("keepgate-grpc-");
      return () -> virtual;
    }
    CustomizableThreadFactory threads = new CustomizableThreadFactory("keepgate-grpc-");
    threads.setDaemon(true);
    Executor platform = Executors.newCachedThreadPool(threads);
    return () -> platform;
  }

  /** With a window of one size nobody has to measure the line, a ping for every few calls. */
  @Bean
  ServerBuilderCustomizer<NettyServerBuilder> grpcBounds(GrpcProperties properties) {
    return builder ->
        builder
            .maxConcurrentCallsPerConnection(properties.maxCallsPerConnection())
            .flowControlWindow((int) properties.flowControlWindow().toBytes());
  }

  /** Triton's clients offer both of HTTP's codings; gRPC's Java library knows one. */
  @Bean
  DecompressorRegistry grpcDecompressors() {
    return DecompressorRegistry.getDefaultInstance().with(new DeflateCodec(), true);
  }
}

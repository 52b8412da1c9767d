package dev.keepgate.api.oip.grpc;

import dev.keepgate.memory.InFlightMemory;
import io.grpc.DecompressorRegistry;
import io.grpc.netty.NettyServerBuilder;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import java.util.concurrent.TimeUnit;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.grpc.server.autoconfigure.GrpcServerExecutorProvider;
import org.springframework.boot.grpc.server.autoconfigure.GrpcServerProperties;
import org.springframework.boot.ssl.SslBundleRegistry;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.thread.Threading;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.grpc.server.ServerBuilderCustomizer;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

@Configuration(proxyBeanMethods = false)
class GrpcConfiguration {

  /**
   * Times 8 KB that netty's buffers are cut from: less than the collector takes for a large array.
   */
  private static final int CHUNK_ORDER = 5;

  /** Seconds in which a client may cancel ten times as many calls as it may have at once. */
  private static final int RESET_WINDOW = 30;

  @Bean
  GrpcThreads grpcThreads(
      Environment environment, GrpcProperties properties, GrpcEventLoops grpcEventLoops) {
    return Threading.VIRTUAL.isActive(environment)
        ? GrpcThreads.virtual(grpcEventLoops)
        : GrpcThreads.platform(properties.threads(), grpcEventLoops);
  }

  /** Calls begin on the connection's thread, and go on where {@link GrpcCalls} says. */
  @Bean
  GrpcServerExecutorProvider grpcExecutor() {
    return () -> Runnable::run;
  }

  /** A fixed flow-control window spares the pings by which gRPC would measure the bandwidth. */
  @Bean
  ServerBuilderCustomizer<NettyServerBuilder> grpcBounds(
      GrpcProperties properties, GrpcCalls calls) {
    return builder ->
        builder
            .addStreamTracerFactory(calls)
            .intercept(calls)
            .callExecutor(calls)
            .handshakeTimeout(properties.messageTimeout().toMillis(), TimeUnit.MILLISECONDS)
            .maxConcurrentCallsPerConnection(properties.maxCallsPerConnection())
            .maxRstFramesPerWindow(
                Math.multiplyExact(10, properties.maxCallsPerConnection()), RESET_WINDOW)
            .flowControlWindow((int) properties.flowControlWindow().toBytes());
  }

  /** A message that never fits is refused by its first bytes. */
  @Bean
  ServerBuilderCustomizer<NettyServerBuilder> grpcMessageBound(
      ObjectProvider<GrpcServerProperties> server, InFlightMemory memory) {
    return builder -> {
      long set = server.getObject().getInbound().getMessage().getMaxSize().toBytes();
      long most = Math.max(1, MessageMemory.largest(memory));
      builder.maxInboundMessageSize((int) Math.min(set, most));
    };
  }

  /** Buffers of the heap, whose bytes the memory in flight counts. */
  @Bean
  ServerBuilderCustomizer<NettyServerBuilder> grpcBuffers() {
    PooledByteBufAllocator heap =
        new PooledByteBufAllocator(
            false,
            PooledByteBufAllocator.defaultNumHeapArena(),
            0,
            PooledByteBufAllocator.defaultPageSize(),
            CHUNK_ORDER,
            PooledByteBufAllocator.defaultSmallCacheSize(),
            PooledByteBufAllocator.defaultNormalCacheSize(),
            PooledByteBufAllocator.defaultUseCacheForAllThreads());
    return builder -> builder.withChildOption(ChannelOption.ALLOCATOR, heap);
  }

  /** Netty's own threads, which come with a channel of ours. */
  @Bean(destroyMethod = "shutdownGracefully")
  GrpcEventLoops grpcEventLoops() {
    CustomizableThreadFactory factory = new CustomizableThreadFactory("keepgate-grpc-io-");
    factory.setDaemon(true);
    return new GrpcEventLoops(factory);
  }

  /** Unix domain sockets have channels of their own, and need no bound on connections. */
  @Bean
  ServerBuilderCustomizer<NettyServerBuilder> grpcConnections(
      GrpcProperties properties,
      ObjectProvider<GrpcServerProperties> server,
      GrpcEventLoops grpcEventLoops) {
    return builder -> {
      if (server.getObject().getNetty().getDomainSocketPath() == null) {
        builder
            .bossEventLoopGroup(grpcEventLoops)
            .workerEventLoopGroup(grpcEventLoops)
            .channelFactory(() -> new GrpcServerChannel(properties.maxConnections()));
      }
    };
  }

  /** Static: it comes before the settings that it changes. */
  @Bean
  static GrpcTlsReload grpcTlsReload(
      ObjectProvider<SslBundles> bundles, ObjectProvider<SslBundleRegistry> registry) {
    return new GrpcTlsReload(bundles, registry);
  }

  /** Triton's clients offer both of HTTP's codings; gRPC's Java library knows one. */
  @Bean
  DecompressorRegistry grpcDecompressors() {
    return DecompressorRegistry.getDefaultInstance().with(new DeflateCodec(), true);
  }
}

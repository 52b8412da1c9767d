package dev.keepgate.api.oip;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * The protocol's streams over gRPC; the port and all else are {@code spring.grpc.server}.
 *
 * @param streamWindow requests of one stream that may be under way
 */
@Validated
@ConfigurationProperties("keepgate.grpc")
record GrpcProperties(@DefaultValue("64") @Min(1) @Max(10_000) int streamWindow) {}

package dev.keepgate.api.http;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Bounds of requests; larger bodies are refused before they are read.
 *
 * @param maxBody of a step or an unroll, which is read into memory
 * @param maxModel of a model's files, which are streamed to the disk
 * @param socketBuffer what is read or written at once; a connection has a buffer of it each way
 *     while large bodies pass through it, and of 1 KB otherwise
 */
@Validated
@ConfigurationProperties("keepgate.http")
public record HttpProperties(
    @DefaultValue("64MB") DataSize maxBody,
    @DefaultValue("4GB") DataSize maxModel,
    @DefaultValue("32KB") DataSize socketBuffer) {

  public HttpProperties {
    if (socketBuffer.toBytes() < SMALLEST_BUFFER || socketBuffer.toBytes() > LARGEST_BUFFER) {
      throw new IllegalArgumentException(
          "keepgate.http.socket-buffer is from 1KB to 16MB, got " + socketBuffer);
    }
  }

  private static final long SMALLEST_BUFFER = 1L << 10;
  private static final long LARGEST_BUFFER = 1L << 24;
}

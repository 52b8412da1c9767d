package dev.keepgate.api.http;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * How long a connection may wait for its client. How many there are is {@code
 * server.tomcat.max-connections}, or what the heap has room for.
 *
 * @param headTimeout from the first byte of a request's head to its last; then the connection
 *     closes
 * @param bodyTimeout for which a body may keep the server waiting, and a second more for every
 *     {@code leastRate} bytes that have come; then the connection closes
 * @param answerTimeout for which a client may leave an answer unread, and a second more for every
 *     {@code leastRate} bytes that it took; then the connection closes
 * @param leastRate bytes a second at which a body or an answer may take as long as it likes
 * @param drain after SIGTERM: how long connections are still accepted, while every answer is its
 *     connection's last
 */
@Validated
@ConfigurationProperties("keepgate.connections")
record ConnectionProperties(
    @DefaultValue("10s") Duration headTimeout,
    @DefaultValue("30s") Duration bodyTimeout,
    @DefaultValue("30s") Duration answerTimeout,
    @DefaultValue("64KB") DataSize leastRate,
    @DefaultValue("1s") Duration drain) {

  ConnectionProperties {
    requirePositive("head-timeout", headTimeout);
    requirePositive("body-timeout", bodyTimeout);
    requirePositive("answer-timeout", answerTimeout);
    if (leastRate.toBytes() <= 0) {
      throw new IllegalArgumentException(
          "keepgate.connections.least-rate is positive, got " + leastRate);
    }
    if (drain.isNegative()) {
      throw new IllegalArgumentException(
          "keepgate.connections.drain is not negative, got " + drain);
    }
  }

  private static void requirePositive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(
          "keepgate.connections." + name + " is positive, got " + value);
    }
  }
}

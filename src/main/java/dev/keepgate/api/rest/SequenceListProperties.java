package dev.keepgate.api.rest;

import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * The pages of the list of open sequences.
 *
 * @param defaultLimit sequences in a page where the request does not say
 * @param maxLimit sequences in a page at most
 */
@Validated
@ConfigurationProperties("keepgate.sequence-list")
record SequenceListProperties(
    @DefaultValue("100") @Min(1) int defaultLimit, @DefaultValue("10000") @Min(1) int maxLimit) {

  SequenceListProperties {
    PageLimits.of("keepgate.sequence-list", defaultLimit, maxLimit);
  }

  PageLimits limits() {
    return new PageLimits(defaultLimit, maxLimit);
  }
}

package dev.keepgate.api.rest;

import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * The pages of the list of models.
 *
 * @param defaultLimit versions in a page where the request does not say
 * @param maxLimit versions in a page at most
 */
@Validated
@ConfigurationProperties("keepgate.model-list")
record ModelListProperties(
    @DefaultValue("1000") @Min(1) int defaultLimit, @DefaultValue("10000") @Min(1) int maxLimit) {

  ModelListProperties {
    PageLimits.of("keepgate.model-list", defaultLimit, maxLimit);
  }

  PageLimits limits() {
    return new PageLimits(defaultLimit, maxLimit);
  }
}

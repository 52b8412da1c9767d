package dev.keepgate.api.rest;

import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * What is told of a model.
 *
 * @param maxNodes nodes of its graph at most; how many more it has is told
 */
@Validated
@ConfigurationProperties("keepgate.model-description")
record ModelDescriptionProperties(@DefaultValue("1000") @Min(1) int maxNodes) {}

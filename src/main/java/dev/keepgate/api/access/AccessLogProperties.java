package dev.keepgate.api.access;

import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * The access log: a line of a request, by the logger {@code keepgate.access}.
 *
 * @param sample share of requests that have a line, from 0, none, to 1, all
 * @param errors whether every request that was refused or failed has a line, whatever the share
 */
@Validated
@ConfigurationProperties("keepgate.access-log")
record AccessLogProperties(
    @DefaultValue("0") @DecimalMin("0") @DecimalMax("1") double sample,
    @DefaultValue("false") boolean errors) {}

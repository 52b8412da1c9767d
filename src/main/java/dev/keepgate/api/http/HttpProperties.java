package dev.keepgate.api.http;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Bounds of request bodies; larger ones are refused before they are read.
 *
 * @param maxBody of a step or an unroll, which is read into memory
 * @param maxModel of a model's files, which are streamed to the disk
 */
@Validated
@ConfigurationProperties("keepgate.http")
public record HttpProperties(
    @DefaultValue("64MB") DataSize maxBody, @DefaultValue("4GB") DataSize maxModel) {}

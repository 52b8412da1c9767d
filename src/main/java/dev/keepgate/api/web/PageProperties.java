package dev.keepgate.api.web;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The page for browsers.
 *
 * @param enabled whether the page at {@code /} is served
 */
@ConfigurationProperties("keepgate.page")
record PageProperties(@DefaultValue("true") boolean enabled) {

  static final String ENABLED = "keepgate.page.enabled";
}

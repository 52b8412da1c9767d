package dev.keepgate.api.web;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.support.PropertiesLoaderUtils;
import org.springframework.http.CacheControl;
import org.springframework.web.servlet.config.annotation.ResourceHandlerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** The page's scripts, styles and drawings, and the chart library that comes with the server. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty(name = PageProperties.ENABLED, matchIfMissing = true)
class PageFiles implements WebMvcConfigurer {

  private static final String UPLOT = "META-INF/maven/org.webjars.npm/uplot/pom.properties";

  @Override
  public void addResourceHandlers(ResourceHandlerRegistry registry) {
    registry
        .addResourceHandler("/page/uplot/*")
        .addResourceLocations("classpath:/META-INF/resources/webjars/uplot/" + version() + "/dist/")
        .setCacheControl(CacheControl.noCache());
    registry
        .addResourceHandler("/page/*")
        .addResourceLocations("classpath:/static/page/")
        .setCacheControl(CacheControl.noCache());
  }

  private static String version() {
    try {
      return PropertiesLoaderUtils.loadProperties(new ClassPathResource(UPLOT))
          .getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

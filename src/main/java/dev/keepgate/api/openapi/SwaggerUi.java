package dev.keepgate.api.openapi;

import java.io.IOException;
import java.util.Properties;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.support.PropertiesLoaderUtils;
import org.springframework.http.CacheControl;
import org.springframework.web.servlet.config.annotation.ResourceHandlerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** Swagger UI's files, which come with the server, below the page that uses them. */
@Configuration(proxyBeanMethods = false)
class SwaggerUi implements WebMvcConfigurer {

  private static final String ARTIFACT = "META-INF/maven/org.webjars/swagger-ui/pom.properties";
  private static final String FILES = "classpath:/META-INF/resources/webjars/swagger-ui/";

  @Override
  public void addResourceHandlers(ResourceHandlerRegistry registry) {
    registry
        .addResourceHandler("/docs/swagger-ui*", "/docs/favicon*")
        .addResourceLocations(FILES + version() + "/")
        .setCacheControl(CacheControl.noCache());
  }

  private static String version() {
    try {
      Properties artifact = PropertiesLoaderUtils.loadProperties(new ClassPathResource(ARTIFACT));
      return artifact.getProperty("version");
    } catch (IOException e) {
      throw new IllegalStateException("Swagger UI is not on the class path", e);
    }
  }
}

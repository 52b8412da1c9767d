package dev.keepgate.api.openapi;

import java.util.List;
import org.springdoc.core.models.GroupedOpenApi;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.servlet.config.annotation.ViewControllerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** Serves each document beside what it describes; springdoc has all of them in one folder. */
@Configuration(proxyBeanMethods = false)
class OpenApiRoutes implements WebMvcConfigurer {

  private final List<GroupedOpenApi> documents;
  private final String folder;

  OpenApiRoutes(
      List<GroupedOpenApi> documents, @Value("${springdoc.api-docs.path}") String folder) {
    this.documents = documents;
    this.folder = folder;
  }

  @Override
  public void addViewControllers(ViewControllerRegistry registry) {
    for (GroupedOpenApi document : documents) {
      registry
          .addViewController("/" + document.getGroup() + "/openapi")
          .setViewName("forward:" + folder + "/" + document.getGroup());
    }
  }
}

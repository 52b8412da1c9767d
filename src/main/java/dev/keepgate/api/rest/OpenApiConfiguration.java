package dev.keepgate.api.rest;

import dev.keepgate.api.http.Problem;
import io.swagger.v3.core.converter.ModelConverters;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.parameters.Parameter;
import io.swagger.v3.oas.models.responses.ApiResponse;
import java.util.Map;
import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.info.BuildProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What the OpenAPI document says of all operations alike. */
@Configuration(proxyBeanMethods = false)
class OpenApiConfiguration {

  private static final String PROBLEM_SCHEMA = "Problem";

  @Bean
  OpenApiCustomizer commonParts(ObjectProvider<BuildProperties> build) {
    return api -> {
      BuildProperties properties = build.getIfAvailable();
      api.getInfo()
          .title("Keepgate")
          .description("Steps LSTM cells and unrolls LSTM sequences.")
          .version(properties == null ? "development" : properties.getVersion());
      addProblemSchema(api);
      api.getPaths()
          .values()
          .forEach(path -> path.readOperations().forEach(OpenApiConfiguration::complete));
    };
  }

  private static void addProblemSchema(OpenAPI api) {
    ModelConverters.getInstance(true)
        .readAll(Problem.class)
        .forEach((name, schema) -> api.getComponents().addSchemas(name, schema));
  }

  private static void complete(Operation operation) {
    operation
        .getResponses()
        .forEach(
            (status, response) -> {
              if (status.matches("[45]..")) {
                response.content(problem());
              }
            });
    operation
        .getResponses()
        .addApiResponse(
            "default", new ApiResponse().description("An error (RFC 9457)").content(problem()));
    if (operation.getParameters() != null) {
      operation.getParameters().forEach(parameter -> addExample(operation, parameter));
    }
  }

  private static Content problem() {
    return new Content()
        .addMediaType(
            Problem.MEDIA_TYPE,
            new MediaType().schema(new Schema<>().$ref("#/components/schemas/" + PROBLEM_SCHEMA)));
  }

  /** The models that the examples of steps and unrolls are made for. */
  private static void addExample(Operation operation, Parameter parameter) {
    boolean unrolls = operation.getOperationId().startsWith("unroll");
    Map<String, String> examples =
        Map.of("model", unrolls ? "notebook-sequence" : "notebook-cell", "version", "1");
    if ("path".equals(parameter.getIn()) && examples.containsKey(parameter.getName())) {
      parameter.setExample(examples.get(parameter.getName()));
    }
  }
}

package dev.keepgate.api.openapi;

import io.swagger.v3.core.converter.ModelConverters;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.media.ArraySchema;
import io.swagger.v3.oas.models.media.NumberSchema;
import io.swagger.v3.oas.models.media.Schema;
import org.springdoc.core.models.GroupedOpenApi;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.info.BuildProperties;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.stereotype.Component;
import org.springframework.web.method.HandlerMethod;

/** Makes the OpenAPI document of a protocol from its controllers. */
@Component
public final class ApiDocuments {

  /** The schema of numbers in arrays, for what is annotated as {@code @Schema(ref = TENSOR)}. */
  public static final String TENSOR = "#/components/schemas/Tensor";

  private static final String TENSOR_NAME = "Tensor";

  private final String version;

  ApiDocuments(ObjectProvider<BuildProperties> build) {
    BuildProperties known = build.getIfAvailable();
    this.version = known == null ? "development" : String.valueOf(known.getVersion());
  }

  /**
   * What an error is answered with.
   *
   * @param name of the schema
   * @param type the record whose schema it is
   */
  public record ErrorBody(String mediaType, String name, Class<?> type) {}

  /**
   * The document at {@code /<protocol>/openapi}, of all routes under {@code /<protocol>}.
   *
   * @param protocol the first segment of its paths
   */
  public GroupedOpenApi of(String protocol, String title, String description, ErrorBody error) {
    return GroupedOpenApi.builder()
        .group(protocol)
        .pathsToMatch("/" + protocol + "/**")
        .addOperationCustomizer(ApiDocuments::withoutGuesses)
        .addOpenApiCustomizer(
            api -> {
              api.getInfo().title(title).description(description).version(version);
              addTensor(api);
              ModelConverters.getInstance(true)
                  .readAll(error.type())
                  .forEach((name, schema) -> api.getComponents().addSchemas(name, schema));
              new OperationParts(error).complete(api.getPaths());
            })
        .build();
  }

  /**
   * Takes back that an error has the body of a success, as springdoc has it where none is named.
   */
  private static Operation withoutGuesses(Operation operation, HandlerMethod method) {
    for (ApiResponse each :
        AnnotatedElementUtils.findMergedRepeatableAnnotations(
            method.getMethod(), ApiResponse.class)) {
      if (each.responseCode().matches("[45]..") && each.content().length == 0) {
        operation
            .getResponses()
            .computeIfPresent(each.responseCode(), (code, response) -> response.content(null));
      }
    }
    return operation;
  }

  private static void addTensor(OpenAPI api) {
    Schema<?> self = new Schema<>().$ref(TENSOR);
    api.getComponents()
        .addSchemas(
            TENSOR_NAME,
            new Schema<>()
                .description("A number, or arrays of numbers in arrays; row-major, batch first")
                .addAnyOfItem(new NumberSchema())
                .addAnyOfItem(new ArraySchema().items(self)));
  }
}

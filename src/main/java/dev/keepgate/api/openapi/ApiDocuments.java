package dev.keepgate.api.openapi;

import io.swagger.v3.core.converter.ModelConverters;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.media.ArraySchema;
import io.swagger.v3.oas.models.media.NumberSchema;
import io.swagger.v3.oas.models.media.Schema;
import org.springdoc.core.models.GroupedOpenApi;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.info.BuildProperties;
import org.springframework.stereotype.Component;

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

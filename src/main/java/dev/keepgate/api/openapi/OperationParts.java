package dev.keepgate.api.openapi;

import dev.keepgate.api.openapi.ApiDocuments.ErrorBody;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.PathItem;
import io.swagger.v3.oas.models.Paths;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.parameters.Parameter;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.responses.ApiResponses;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is said of every operation: its errors, its name, the examples of its path. */
final class OperationParts {

  private final ErrorBody error;

  OperationParts(ErrorBody error) {
    this.error = error;
  }

  void complete(Paths paths) {
    // The same resource as without the slash.
    paths.keySet().removeIf(path -> path.endsWith("/"));
    paths.values().stream()
        .flatMap(path -> path.readOperations().stream())
        .forEach(
            operation -> {
              addErrors(operation);
              if (operation.getParameters() != null) {
                operation.getParameters().forEach(each -> addExample(operation, each));
              }
            });
    nameTwins(paths);
  }

  /** What may go wrong anywhere; what an operation says of itself stands. */
  private void addErrors(Operation operation) {
    ApiResponses responses = operation.getResponses();
    describe(responses, "400", "The request is not of this form; the answer says where");
    describe(responses, "406", "No media type that is accepted can be answered");
    if (operation.getParameters() != null
        && operation.getParameters().stream().anyMatch(each -> "path".equals(each.getIn()))) {
      describe(responses, "404", "There is no such model or version");
    }
    if (operation.getRequestBody() != null) {
      describe(responses, "413", "The body, or what it asks for, is too large");
      describe(responses, "415", "The body is of another media type or content coding");
    }
    describe(responses, "default", "Any other error");
    responses.forEach(
        (status, response) -> {
          if (status.matches("[45]..|default") && response.getContent() == null) {
            response.content(errorContent());
          }
        });
  }

  private static void describe(ApiResponses responses, String status, String description) {
    responses.computeIfAbsent(status, s -> new ApiResponse().description(description));
  }

  private Content errorContent() {
    String schema = "#/components/schemas/" + error.name();
    return new Content()
        .addMediaType(error.mediaType(), new MediaType().schema(new Schema<>().$ref(schema)));
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

  private record Named(String base, String path, Operation operation) {}

  /**
   * Paths of one method are told apart by whether they name a model and a version, not by numbers.
   */
  private static void nameTwins(Paths paths) {
    Map<String, List<Named>> byMethod =
        paths.entrySet().stream()
            .flatMap(path -> named(path.getKey(), path.getValue()))
            .collect(Collectors.groupingBy(Named::base));
    byMethod.forEach(
        (base, twins) ->
            twins.forEach(
                twin ->
                    twin.operation()
                        .setOperationId(base + (twins.size() > 1 ? suffix(twin.path()) : ""))));
  }

  private static String suffix(String path) {
    if (path.contains("{version}")) {
      return "Version";
    }
    return path.contains("{model}") ? "" : "All";
  }

  private static Stream<Named> named(String path, PathItem item) {
    return item.readOperations().stream()
        .map(
            operation ->
                new Named(operation.getOperationId().replaceAll("_\\d+$", ""), path, operation));
  }
}

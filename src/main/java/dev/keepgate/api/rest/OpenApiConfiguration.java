package dev.keepgate.api.rest;

import dev.keepgate.api.error.Failure;
import dev.keepgate.api.http.Problem;
import dev.keepgate.api.openapi.ApiDocuments;
import dev.keepgate.api.openapi.ApiDocuments.ErrorBody;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springdoc.core.models.GroupedOpenApi;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class OpenApiConfiguration {

  /**
   * A problem document as clients see it.
   *
   * @param errors the fields at fault; absent where no field is
   */
  @Schema(name = "Problem")
  private record ProblemSchema(
      String type, String title, int status, String detail, @Nullable List<Failure.Field> errors) {}

  @Bean
  GroupedOpenApi restDocument(ApiDocuments documents) {
    return documents.of(
        "v1",
        "Keepgate",
        "Steps LSTM cells and unrolls LSTM sequences. In JSON, null counts as left out."
            + " Errors are problem documents (RFC 9457).",
        new ErrorBody(Problem.MEDIA_TYPE, "Problem", ProblemSchema.class));
  }
}

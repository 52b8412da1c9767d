package dev.keepgate.api.rest;

import dev.keepgate.api.http.Problem;
import dev.keepgate.api.openapi.ApiDocuments;
import dev.keepgate.api.openapi.ApiDocuments.ErrorBody;
import org.springdoc.core.models.GroupedOpenApi;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class OpenApiConfiguration {

  @Bean
  GroupedOpenApi restDocument(ApiDocuments documents) {
    return documents.of(
        "v1",
        "Keepgate",
        "Steps LSTM cells and unrolls LSTM sequences. In JSON, null counts as left out."
            + " Errors are problem documents (RFC 9457).",
        new ErrorBody(Problem.MEDIA_TYPE, "Problem", Problem.class));
  }
}

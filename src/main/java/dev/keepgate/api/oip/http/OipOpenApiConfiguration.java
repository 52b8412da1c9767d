package dev.keepgate.api.oip.http;

import dev.keepgate.api.openapi.ApiDocuments;
import dev.keepgate.api.openapi.ApiDocuments.ErrorBody;
import org.springdoc.core.models.GroupedOpenApi;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;

@Configuration(proxyBeanMethods = false)
class OipOpenApiConfiguration {

  @Bean
  GroupedOpenApi oipDocument(ApiDocuments documents) {
    return documents.of(
        "v2",
        "Keepgate, Open Inference Protocol",
        "KServe V2 as Triton's clients speak it, with binary tensors, sequences and gzip or"
            + " deflate bodies.",
        new ErrorBody(MediaType.APPLICATION_JSON_VALUE, "Error", OipDocs.ErrorSchema.class));
  }
}

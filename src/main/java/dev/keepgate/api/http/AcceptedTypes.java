package dev.keepgate.api.http;

import java.util.List;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;
import org.springframework.web.HttpMediaTypeNotAcceptableException;
import org.springframework.web.accept.ContentNegotiationStrategy;
import org.springframework.web.accept.HeaderContentNegotiationStrategy;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.servlet.config.annotation.ContentNegotiationConfigurer;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** Reads what a client accepts; JSON is UTF-8, whichever encoding is asked for (RFC 8259, 8.1). */
@Configuration(proxyBeanMethods = false)
class AcceptedTypes implements WebMvcConfigurer, ContentNegotiationStrategy {

  private final ContentNegotiationStrategy header = new HeaderContentNegotiationStrategy();

  @Override
  public void configureContentNegotiation(ContentNegotiationConfigurer configurer) {
    configurer.strategies(List.of(this));
  }

  @Override
  public List<MediaType> resolveMediaTypes(NativeWebRequest request)
      throws HttpMediaTypeNotAcceptableException {
    return header.resolveMediaTypes(request).stream().map(AcceptedTypes::plain).toList();
  }

  private static MediaType plain(MediaType type) {
    return type.getCharset() == null
        ? type
        : new MediaType(type.getType(), type.getSubtype(), type.getQualityValue());
  }
}

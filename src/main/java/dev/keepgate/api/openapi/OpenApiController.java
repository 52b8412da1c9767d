package dev.keepgate.api.openapi;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.ClassPathResource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.json.JsonMapper;

/** Serves each protocol's document beside what it describes. */
@RestController
final class OpenApiController {

  // Read when they are first asked for: it takes a thirtieth of the server's start.
  private final Supplier<Document> rest = SingletonSupplier.of(() -> Document.read("v1"));
  private final Supplier<Document> oip = SingletonSupplier.of(() -> Document.read("v2"));

  /** A document as it is written, and as JSON. */
  private record Document(byte[] yaml, byte[] json) {

    static Document read(String protocol) {
      byte[] yaml = OpenApiController.read(protocol + ".yaml");
      LoaderOptions options = new LoaderOptions();
      options.setAllowDuplicateKeys(false);
      Object tree =
          new Yaml(new SafeConstructor(options)).load(new String(yaml, StandardCharsets.UTF_8));
      return new Document(yaml, JsonMapper.shared().writeValueAsBytes(tree));
    }
  }

  private static byte[] read(String name) {
    try (InputStream resource = new ClassPathResource("openapi/" + name).getInputStream()) {
      return resource.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @GetMapping(
      path = "/v1/openapi",
      produces = {MediaType.APPLICATION_YAML_VALUE, MediaType.APPLICATION_JSON_VALUE})
  ResponseEntity<byte[]> rest(
      @RequestHeader(name = HttpHeaders.ACCEPT, required = false) @Nullable String accept) {
    return answer(rest.get(), accept);
  }

  @GetMapping(
      path = "/v2/openapi",
      produces = {MediaType.APPLICATION_YAML_VALUE, MediaType.APPLICATION_JSON_VALUE})
  ResponseEntity<byte[]> oip(
      @RequestHeader(name = HttpHeaders.ACCEPT, required = false) @Nullable String accept) {
    return answer(oip.get(), accept);
  }

  private static ResponseEntity<byte[]> answer(Document document, @Nullable String accept) {
    ResponseEntity.BodyBuilder answer = ResponseEntity.ok().varyBy(HttpHeaders.ACCEPT);
    return takesOnlyJson(accept)
        ? answer.contentType(MediaType.APPLICATION_JSON).body(document.json())
        : answer.contentType(MediaType.APPLICATION_YAML).body(document.yaml());
  }

  private static boolean takesOnlyJson(@Nullable String accept) {
    List<MediaType> types = MediaType.parseMediaTypes(accept);
    return types.stream().noneMatch(type -> type.includes(MediaType.APPLICATION_YAML))
        && types.stream().anyMatch(type -> type.includes(MediaType.APPLICATION_JSON));
  }

  /** Where the documents were before. */
  @GetMapping("/openapi/{protocol:v[12]}")
  ResponseEntity<Void> moved(@PathVariable String protocol) {
    return ResponseEntity.status(HttpStatus.PERMANENT_REDIRECT)
        .location(URI.create("/" + protocol + "/openapi"))
        .build();
  }
}

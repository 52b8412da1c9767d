package dev.keepgate.api.openapi;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.springframework.core.io.ClassPathResource;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The page that shows both documents, by Swagger UI, whose files {@link SwaggerUi} serves. */
@RestController
final class DocsController {

  /**
   * What a browser lets the page do: load what this server has, and ask this server. Swagger UI
   * writes styles into its elements and has images in its style sheet.
   */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
          + " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'";

  private static final MediaType SCRIPT = MediaType.valueOf("text/javascript;charset=UTF-8");
  private static final MediaType PAGE = MediaType.valueOf("text/html;charset=UTF-8");

  private final byte[] page = read("docs.html");
  private final byte[] script = read("docs.js");

  private static byte[] read(String name) {
    try (InputStream resource = new ClassPathResource("openapi/" + name).getInputStream()) {
      return resource.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @GetMapping("/docs")
  ResponseEntity<byte[]> page() {
    return ResponseEntity.ok()
        .header("Content-Security-Policy", POLICY)
        .header("Referrer-Policy", "no-referrer")
        .cacheControl(CacheControl.noCache())
        .contentType(PAGE)
        .body(page);
  }

  @GetMapping("/docs/docs.js")
  ResponseEntity<byte[]> script() {
    return ResponseEntity.ok()
        .cacheControl(CacheControl.noCache())
        .contentType(SCRIPT)
        .body(script);
  }
}

package dev.keepgate.api.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.core.io.ClassPathResource;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The page itself, whose scripts and styles {@link PageFiles} serves. */
@RestController
@ConditionalOnBooleanProperty(name = PageProperties.ENABLED, matchIfMissing = true)
final class PageController {

  /** A browser loads nothing that this server does not have, and runs no script of the document. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:;"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final MediaType PAGE = MediaType.valueOf("text/html;charset=UTF-8");

  private final byte[] page = read();

  private static byte[] read() {
    try (InputStream resource = new ClassPathResource("static/index.html").getInputStream()) {
      return resource.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @GetMapping("/")
  ResponseEntity<byte[]> page() {
    return ResponseEntity.ok()
        .header("Content-Security-Policy", POLICY)
        .header("Referrer-Policy", "no-referrer")
        .cacheControl(CacheControl.noCache())
        .contentType(PAGE)
        .body(page);
  }
}

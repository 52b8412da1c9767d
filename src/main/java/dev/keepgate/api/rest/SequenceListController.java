package dev.keepgate.api.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.keepgate.api.http.QueryParameters;
import dev.keepgate.api.http.security.HttpCaller;
import dev.keepgate.inference.SequencePage;
import dev.keepgate.inference.Sequences;
import dev.keepgate.model.ModelId;
import dev.keepgate.tensor.TensorFormatException;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The open sequences, a page at a time. */
@RestController
@RequestMapping(path = "/v1", produces = MediaType.APPLICATION_JSON_VALUE)
class SequenceListController {

  private static final String MODEL = "model";

  private final Sequences sequences;
  private final PageLimits pages;

  SequenceListController(Sequences sequences, SequenceListProperties pages) {
    this.sequences = sequences;
    this.pages = pages.limits();
  }

  /**
   * A page.
   *
   * @param next the {@code after} of the next page; null in the last
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record ListView(List<SequenceView> sequences, @Nullable String next) {}

  /**
   * A sequence without its state.
   *
   * @param step how many steps it has taken
   * @param ttl how long it outlives its last step, such as {@code 900s}
   * @param bytes memory that it takes, about
   */
  record SequenceView(
      String id,
      String model,
      String version,
      long step,
      int batch,
      String ttl,
      @JsonProperty("opened_at") Instant openedAt,
      @JsonProperty("expires_at") Instant expiresAt,
      long bytes) {

    static SequenceView of(SequencePage.Entry entry) {
      return new SequenceView(
          entry.id(),
          entry.model().name(),
          Long.toString(entry.model().version()),
          entry.step(),
          entry.batch(),
          SequenceWriter.simple(entry.ttl()),
          entry.openedAt(),
          entry.expiresAt(),
          entry.bytes());
    }
  }

  @GetMapping("/sequences")
  ResponseEntity<ListView> list(
      @RequestParam(name = MODEL, required = false) @Nullable String model,
      @RequestParam(name = PageLimits.LIMIT, required = false) @Nullable String limit,
      @RequestParam(name = PageLimits.AFTER, required = false) @Nullable String after,
      HttpServletRequest request) {
    QueryParameters.requireOnly(request, MODEL, PageLimits.LIMIT, PageLimits.AFTER);
    int size = pages.size(limit);
    String only = model == null ? null : name(model);
    SequencePage page = sequences.list(only, size, after, HttpCaller.of(request));
    ResponseEntity.BodyBuilder answer = ResponseEntity.ok();
    if (page.next() != null) {
      answer.header(HttpHeaders.LINK, link(only, size, page.next()));
    }
    return answer.body(
        new ListView(page.sequences().stream().map(SequenceView::of).toList(), page.next()));
  }

  private static String name(String model) {
    if (!ModelId.isName(model)) {
      throw new TensorFormatException("?" + MODEL, ModelPath.NAME_RULE);
    }
    return model;
  }

  private static String link(@Nullable String model, int size, String next) {
    return "</v1/sequences?%s%s=%d&%s=%s>; rel=\"next\""
        .formatted(
            model == null ? "" : MODEL + "=" + model + "&",
            PageLimits.LIMIT,
            size,
            PageLimits.AFTER,
            next);
  }
}

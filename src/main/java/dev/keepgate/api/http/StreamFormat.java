package dev.keepgate.api.http;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;

/** How a stream of steps is cut into pieces. */
public enum StreamFormat {
  /** A JSON document a line. */
  NDJSON(StreamFormat.NDJSON_TYPE, "", "\n"),
  /**
   * Server-sent events (WHATWG HTML, 9.2), whose types are {@code step}, {@code end}, {@code
   * error}.
   */
  EVENTS(StreamFormat.EVENTS_TYPE, "data: ", "\n\n");

  public static final String NDJSON_TYPE = "application/x-ndjson";
  public static final String EVENTS_TYPE = "text/event-stream";

  private final String mediaType;
  private final String before;
  private final String after;

  StreamFormat(String mediaType, String before, String after) {
    this.mediaType = mediaType;
    this.before = before;
    this.after = after;
  }

  public String mediaType() {
    return mediaType;
  }

  /** What stands before a piece of the type. */
  public String before(String type) {
    return this == EVENTS ? "event: " + type + "\n" + before : before;
  }

  public String after() {
    return after;
  }

  /** The format, where it is the first that a client asks for by name; null where it is not. */
  public static @Nullable StreamFormat of(@Nullable String accept) {
    return accept == null || accept.equals(MediaType.APPLICATION_JSON_VALUE)
        ? null
        : MediaType.parseMediaTypes(accept).stream()
            .filter(MediaType::isConcrete)
            .limit(1)
            .flatMap(
                asked ->
                    Arrays.stream(values())
                        .filter(f -> MediaType.valueOf(f.mediaType).includes(asked)))
            .findFirst()
            .orElse(null);
  }

  /** The format of an answer that has begun; null where it is no stream. */
  static @Nullable StreamFormat begun(@Nullable String contentType) {
    return contentType == null ? null : of(contentType);
  }
}

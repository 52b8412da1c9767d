package dev.keepgate.api.rest.csv;

import dev.keepgate.api.http.StreamFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;

/** In what a file is answered. */
enum AnswerFormat {
  CSV(AnswerFormat.CSV_TYPE),

  /** An object a line. */
  NDJSON(StreamFormat.NDJSON_TYPE),

  /** One object, whose {@code rows} are an object each. */
  JSON(AnswerFormat.ROWS_TYPE);

  static final String CSV_TYPE = "text/csv";

  /** Not JSON alone: that is what a body of JSON is answered, with other fields. */
  static final String ROWS_TYPE = "application/vnd.keepgate.rows+json";

  private final String type;

  AnswerFormat(String type) {
    this.type = type;
  }

  String type() {
    return type;
  }

  /** The first that a client asks for by name; CSV where there is none. */
  static AnswerFormat of(@Nullable String accept) {
    List<MediaType> asked = accept == null ? List.of() : MediaType.parseMediaTypes(accept);
    for (MediaType each : asked) {
      for (AnswerFormat format : values()) {
        if (each.isConcrete() && each.isCompatibleWith(MediaType.valueOf(format.type))) {
          return format;
        }
      }
      if (each.equalsTypeAndSubtype(MediaType.APPLICATION_JSON)) {
        return JSON;
      }
    }
    return CSV;
  }
}

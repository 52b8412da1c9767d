package dev.keepgate.api.http;

import dev.keepgate.model.ModelId;
import jakarta.servlet.http.HttpServletResponse;

/** Tells which version answers, where the answer's body has no place for it. */
public final class ModelVersionHeader {

  static final String NAME = "X-Model-Version";

  private ModelVersionHeader() {}

  /** Sets the header of an answer none of which was sent yet. */
  public static void set(HttpServletResponse response, ModelId model) {
    response.setHeader(NAME, Long.toString(model.version()));
  }
}

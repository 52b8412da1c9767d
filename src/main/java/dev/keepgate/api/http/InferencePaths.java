package dev.keepgate.api.http;

import java.util.regex.Pattern;

/** The paths by which POST computes, of all protocols over HTTP; what opens a sequence is one. */
public final class InferencePaths {

  private static final String MODEL = "/models/[^/]+(?:/(?:versions|labels)/[^/]+)?";
  private static final Pattern PATHS =
      Pattern.compile(
          "/v1"
              + MODEL
              + "/(?:step|unroll|forecast|detect|generate|sequences)"
              + "|/v1/sequences/[^/]+/(?:step|unroll|forecast|fork)"
              + "|/v1/timeseries/forecast"
              + "|/v2"
              + MODEL
              + "/infer");

  private InferencePaths() {}

  /**
   * Whether a path is one of them.
   *
   * @param path decoded and normalized
   */
  public static boolean contain(String path) {
    return PATHS.matcher(path).matches();
  }
}

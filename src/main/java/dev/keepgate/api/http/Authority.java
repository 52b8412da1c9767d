package dev.keepgate.api.http;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A host and a port, as an Origin or a Host header names them.
 *
 * @param host in small letters; an IPv6 address in brackets
 */
record Authority(String host, int port) {

  private static final Pattern ORIGIN = Pattern.compile("(?i)(https?)://([^/?#@\\s]+)");
  private static final Pattern FORM =
      Pattern.compile("(\\[[0-9a-f:.%]+]|[^:\\[\\]]+)(?::(\\d{1,5}))?");
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(?:\\.\\d{1,3}){3}|\\[(?:::1|0:0:0:0:0:0:0:1)]");
  private static final int HTTP = 80;
  private static final int HTTPS = 443;

  /** An origin and the port that its scheme stands for; null where it is none, as {@code null}. */
  private static @Nullable Matcher origin(String origin) {
    Matcher matcher = ORIGIN.matcher(origin);
    return matcher.matches() ? matcher : null;
  }

  /** Whether this is an origin of the web's. */
  static boolean isOrigin(String text) {
    Matcher origin = origin(text);
    return origin != null && parse(origin.group(2), HTTP) != null;
  }

  /**
   * Whether a page of an origin asks the host that it came from. The scheme is not compared: what
   * ends TLS in front of this server does not always say so.
   */
  static boolean isSame(String origin, String host) {
    Matcher matcher = origin(origin);
    if (matcher == null) {
      return false;
    }
    int port = matcher.group(1).equalsIgnoreCase("https") ? HTTPS : HTTP;
    Authority asked = parse(host, port);
    return asked != null && asked.equals(parse(matcher.group(2), port));
  }

  /** Null where the text is of another form. */
  static @Nullable Authority parse(String text, int defaultPort) {
    Matcher matcher = FORM.matcher(text.toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      return null;
    }
    String port = matcher.group(2);
    return new Authority(matcher.group(1), port == null ? defaultPort : Integer.parseInt(port));
  }

  /** Whether this is the machine itself, whatever names there are. */
  boolean isLoopback() {
    return LOOPBACK.matcher(host).matches();
  }
}

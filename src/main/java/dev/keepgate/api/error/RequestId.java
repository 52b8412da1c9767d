package dev.keepgate.api.error;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What names a request in its answer, in a problem document and in the log: the client's word,
 * where it is of a harmless form, or a random one.
 */
public final class RequestId {

  /** The header of HTTP, and in lower case the metadata of gRPC. */
  public static final String HEADER = "X-Request-Id";

  /** Its name in the log's context, and in problem documents. */
  public static final String NAME = "requestId";

  private static final int LONGEST = 64;

  private RequestId() {}

  static boolean isValid(String id) {
    if (id.isEmpty() || id.length() > LONGEST) {
      return false;
    }
    for (int i = 0; i < id.length(); i++) {
      char c = id.charAt(i);
      boolean alphanumeric =
          (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!alphanumeric && c != '-' && c != '_' && c != '.') {
        return false;
      }
    }
    return true;
  }

  /** The client's id, or a new one, which need not be unpredictable. */
  public static String of(@Nullable String asked) {
    return asked != null && isValid(asked)
        ? asked
        : HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
  }
}

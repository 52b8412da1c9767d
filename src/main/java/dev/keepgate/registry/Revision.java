package dev.keepgate.registry;

import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One making of a version. A number whose version was removed may be taken again, for other files;
 * the revision tells the two apart, on every replica and over every restart.
 *
 * <p>It lies beside the version's files once it was announced, or was about to be: that is how a
 * replica tells what the others know of from what only it has.
 *
 * @param id random
 * @param digest of the files; see {@link Manifest#digest()}
 */
public record Revision(String id, String digest) {

  /** The file that holds it: importers pass over names that start with a dot. */
  static final String FILE = ".revision";

  static final int MAX_BYTES = 1 << 10;
  private static final String BUILT_IN = "built-in:";

  static Revision mint(String digest) {
    return new Revision(UUID.randomUUID().toString(), digest);
  }

  /** What comes with every server is the same on all of them. */
  static Revision builtIn(Object id) {
    return new Revision(BUILT_IN + id, "");
  }

  byte[] encode() {
    return (id + " " + digest + "\n").getBytes(StandardCharsets.US_ASCII);
  }

  /** Null where this is no revision: whoever wrote it, it was not us. */
  static @Nullable Revision decode(byte[] bytes) {
    String[] words = new String(bytes, StandardCharsets.US_ASCII).strip().split(" ");
    return words.length == 2 && !words[0].isEmpty() ? new Revision(words[0], words[1]) : null;
  }
}

package dev.keepgate.registry.repository;

import java.util.UUID;

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

  private static final String BUILT_IN = "built-in:";

  public static Revision mint(String digest) {
    return new Revision(UUID.randomUUID().toString(), digest);
  }

  /** What comes with every server is the same on all of them. */
  public static Revision builtIn(Object id) {
    return new Revision(BUILT_IN + id, "");
  }
}

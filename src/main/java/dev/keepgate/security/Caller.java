package dev.keepgate.security;

import java.util.Base64;
import java.util.EnumSet;
import java.util.Set;

/**
 * Who asks.
 *
 * @param name not secret: it stands in logs and errors; empty for anybody
 * @param owner under which their sequences are kept, which are nobody else's; empty for anybody's
 * @param roles what they may do
 * @param limits how much of it
 */
public record Caller(String name, String owner, Set<Role> roles, Limits limits) {

  /** Whoever asks a server that asks for no credentials. */
  public static final Caller ANYBODY = new Caller("", "", EnumSet.allOf(Role.class), Limits.NONE);

  /**
   * Bounds of one caller.
   *
   * @param requestsPerSecond 0 for any number
   * @param openSequences 0 for any number
   */
  public record Limits(int requestsPerSecond, int openSequences) {
    public static final Limits NONE = new Limits(0, 0);
  }

  public Caller {
    roles = Set.copyOf(roles);
  }

  /** Who sends a key. */
  static Caller ofKey(String name, Set<Role> roles, Limits limits) {
    return new Caller(name, name, roles, limits);
  }

  /**
   * Who is known by something else than a key, whose name may be that of a key, or anything.
   *
   * @param kind what they are known by
   */
  static Caller of(String kind, String name, Set<Role> roles) {
    byte[] digest = ApiKey.digest(kind + ":" + name);
    String owner = "~" + Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
    return new Caller(name, owner, roles, Limits.NONE);
  }
}

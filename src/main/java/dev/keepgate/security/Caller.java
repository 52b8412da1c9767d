package dev.keepgate.security;

import java.util.EnumSet;
import java.util.Set;

/**
 * Who asks.
 *
 * @param name not secret: it stands in logs and meters, and owns sequences; empty for anybody
 * @param roles what they may do
 * @param limits how much of it
 */
public record Caller(String name, Set<Role> roles, Limits limits) {

  /** Whoever asks a server that asks for no credentials. */
  public static final Caller ANYBODY = new Caller("", EnumSet.allOf(Role.class), Limits.NONE);

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
}

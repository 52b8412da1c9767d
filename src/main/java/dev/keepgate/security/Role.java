package dev.keepgate.security;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a caller may do. */
public enum Role {
  /** Step, unroll, forecast, detect, generate; sequences. */
  INFER,
  /** Load, inspect and delete models, and keep thresholds. */
  MANAGE,
  /** Read metrics, statistics and what the server runs with. */
  OBSERVE;

  /** Its name in files, tokens and errors. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<Role> of(String label) {
    return Arrays.stream(values()).filter(role -> role.label().equals(label)).findFirst();
  }

  /** All of them, for a remedy. */
  static String labels() {
    return Arrays.stream(values()).map(Role::label).collect(Collectors.joining(", "));
  }
}

package dev.keepgate.security;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a route or a method asks of its caller. */
public enum Access {
  /** Nothing: it tells no more than that the server lives, or how it is used. */
  EVERYBODY(null),
  /** Any role. */
  ANY_ROLE(null),
  INFER(Role.INFER),
  MANAGE(Role.MANAGE),
  OBSERVE(Role.OBSERVE);

  private final @Nullable Role role;

  Access(@Nullable Role role) {
    this.role = role;
  }

  /** Whether a caller who has these roles may. */
  public boolean isGrantedTo(Set<Role> roles) {
    return this == EVERYBODY || (role == null ? !roles.isEmpty() : roles.contains(role));
  }

  /** What is missing, for whom it was not granted to. */
  public String remedy(Caller caller) {
    String has =
        caller.roles().isEmpty()
            ? "no role"
            : String.join(", ", caller.roles().stream().map(Role::label).toList());
    return "'%s' may not do this: it has %s, and needs %s"
        .formatted(
            caller.name(),
            has,
            role == null ? "one of " + Role.labels() : "the role " + role.label());
  }

  /** The role that is needed; null where there is no one role. */
  public @Nullable Role role() {
    return role;
  }
}

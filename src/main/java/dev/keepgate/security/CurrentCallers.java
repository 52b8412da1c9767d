package dev.keepgate.security;

import org.jspecify.annotations.Nullable;

/** What callers may do now, for what lasts longer than a request, such as a stream. */
@FunctionalInterface
public interface CurrentCallers {

  /**
   * A caller as they are now.
   *
   * @param caller as they were when the stream began
   * @return null where their key was taken away
   */
  @Nullable Caller now(Caller caller);
}

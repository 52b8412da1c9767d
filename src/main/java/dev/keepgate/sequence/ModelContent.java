package dev.keepgate.sequence;

import dev.keepgate.model.ModelId;
import org.jspecify.annotations.Nullable;

/**
 * A model's name and version, and what it holds: a number may stand for other weights on another
 * server, or later on.
 *
 * @param digest of the model's files; null where it was not kept, which fits any
 */
public record ModelContent(ModelId id, @Nullable String digest) {

  /** Whether a model of this digest may be what is meant. */
  public boolean fits(@Nullable String other) {
    return digest == null || other == null || digest.equals(other);
  }
}

package dev.keepgate.sequence;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How much a store keeps.
 *
 * @param open sequences
 * @param bytes that they take, about
 * @param oldest when the oldest of them was opened; null where there is none
 */
public record SequenceUsage(long open, long bytes, @Nullable Instant oldest) {}

package dev.keepgate.sequence;

import org.jspecify.annotations.Nullable;

/**
 * Which of the open sequences to list.
 *
 * @param after the place of the last one that is known already; null for the first page
 * @param limit how many at most
 * @param model the only model whose sequences are wanted, of any version; null for all
 * @param owner whose sequences are wanted; empty for those of nobody
 */
public record SequenceQuery(
    @Nullable SequencePlace after, int limit, @Nullable String model, String owner) {}

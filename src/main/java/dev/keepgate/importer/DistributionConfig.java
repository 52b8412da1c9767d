package dev.keepgate.importer;

import dev.keepgate.model.Distribution;
import dev.keepgate.model.Link;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code config.distribution} says of a model's output.
 *
 * @param kind which distribution
 * @param parameters of each, the numbers of the output that it is made of, one a target; null where
 *     they are in the usual order, of one target
 * @param links what makes them of those numbers; those that are missing are the usual ones
 */
record DistributionConfig(
    Distribution.Kind kind,
    @Nullable Map<String, List<Integer>> parameters,
    Map<String, Link> links) {}

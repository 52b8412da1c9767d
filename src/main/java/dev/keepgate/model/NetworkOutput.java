package dev.keepgate.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a batch of sequences became.
 *
 * @param output [batch, time, outputSize], row-major, or [batch, outputSize] where only a summary
 *     was asked for; zero past a sequence's end
 * @param state after each sequence's last step that is not padding
 * @param trace a cell each in the order of the states; null where it was not asked for
 */
public record NetworkOutput(
    float[] output, RecurrentState state, @Nullable List<CellTrace> trace) {}

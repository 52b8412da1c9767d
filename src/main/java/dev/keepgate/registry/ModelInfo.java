package dev.keepgate.registry;

import dev.keepgate.model.ModelId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A version as it was at one moment.
 *
 * @param error why it ended; null where nothing went wrong
 * @param description what its file holds; null until it is loaded, and where that failed
 * @param loadedAt when it became AVAILABLE; null where it never did
 * @param builtIn whether it came with the server and lies in no repository
 */
public record ModelInfo(
    ModelId id,
    ModelStatus status,
    @Nullable String error,
    @Nullable ModelDescription description,
    @Nullable Instant loadedAt,
    boolean builtIn) {}

package dev.keepgate.batch;

import dev.keepgate.model.NetworkOutput;
import java.time.Duration;

/**
 * A computed task.
 *
 * @param output the answer
 * @param queued how long the task waited for a worker
 * @param computed how long the worker worked on it
 */
public record BatchResult(NetworkOutput output, Duration queued, Duration computed) {}

package dev.keepgate.batch;

import dev.keepgate.model.LstmOutput;
import java.time.Duration;

/**
 * A computed task.
 *
 * @param output the answer
 * @param queued how long the task waited for a worker
 * @param computed how long the worker worked on it
 */
public record BatchResult(LstmOutput output, Duration queued, Duration computed) {}

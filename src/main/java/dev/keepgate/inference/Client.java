package dev.keepgate.inference;

import dev.keepgate.security.Caller;

/**
 * Who waits for an answer.
 *
 * @param caller who it is
 * @param cancellation whether they have gone
 */
public record Client(Caller caller, CancellationSignal cancellation) {}

/**
 * The arithmetic of recurrent layers, as pure functions of weights, input, state and scratch
 * memory: what every kernel answers to. The only room that knows ND4J.
 */
@NullMarked
package dev.keepgate.kernel;

import org.jspecify.annotations.NullMarked;

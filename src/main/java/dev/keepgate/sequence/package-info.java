/**
 * State that the server keeps between a client's steps: where it lies, how long, and who may change
 * it.
 */
@NullMarked
package dev.keepgate.sequence;

import org.jspecify.annotations.NullMarked;

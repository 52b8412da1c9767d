/**
 * The JSON of requests and of what they are answered: the same by every door that speaks it, which
 * it knows none of.
 */
@NullMarked
package dev.keepgate.api.json;

import org.jspecify.annotations.NullMarked;

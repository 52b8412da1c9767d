/** What a request failed with, before a protocol words it. */
@NullMarked
package dev.keepgate.api.error;

import org.jspecify.annotations.NullMarked;

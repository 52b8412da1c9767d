/** What a request failed with, and the id that names a request, before a protocol words them. */
@NullMarked
package dev.keepgate.api.error;

import org.jspecify.annotations.NullMarked;

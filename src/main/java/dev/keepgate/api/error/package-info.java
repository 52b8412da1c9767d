/** What a request failed with, and what names it, before a protocol words it. */
@NullMarked
package dev.keepgate.api.error;

import org.jspecify.annotations.NullMarked;

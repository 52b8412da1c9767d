/** The access log: a line of a request, however it came, where it is asked for. */
@NullMarked
package dev.keepgate.api.access;

import org.jspecify.annotations.NullMarked;

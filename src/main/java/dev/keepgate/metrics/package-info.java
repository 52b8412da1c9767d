/** What is seen of the server from outside: every meter and its tags, health and info. */
@NullMarked
package dev.keepgate.metrics;

import org.jspecify.annotations.NullMarked;

@NullMarked
package dev.keepgate.tracing;

import org.jspecify.annotations.NullMarked;

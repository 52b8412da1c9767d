@NullMarked
package dev.keepgate.api.access;

import org.jspecify.annotations.NullMarked;

@NullMarked
package dev.keepgate.api.payload;

import org.jspecify.annotations.NullMarked;

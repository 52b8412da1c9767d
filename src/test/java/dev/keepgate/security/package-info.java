@NullMarked
package dev.keepgate.security;

import org.jspecify.annotations.NullMarked;

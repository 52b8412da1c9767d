/** Who asks, and what they may: keys, tokens and client certificates, and the roles they have. */
@NullMarked
package dev.keepgate.security;

import org.jspecify.annotations.NullMarked;

/**
 * The versions in memory: their table, their life, the choice among them, and how one is loaded and
 * lent; where they are durable is asked of a {@link dev.keepgate.registry.version.VersionStorage}.
 */
@NullMarked
package dev.keepgate.registry.version;

import org.jspecify.annotations.NullMarked;

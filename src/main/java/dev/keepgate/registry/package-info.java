/**
 * Which models are loaded and who borrows them, as other rooms see it; assembles the importers. How
 * versions live, where their files lie and what replicas agree on are the packages below, which no
 * other room knows.
 */
@NullMarked
package dev.keepgate.registry;

import org.jspecify.annotations.NullMarked;

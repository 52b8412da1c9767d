/**
 * The order in which a network's modules run: the recipe that says it, what a file of bare tensors
 * says of it by itself, and the network that follows. Knows nothing of names and layouts that are
 * one framework's own.
 */
@NullMarked
package dev.keepgate.importer.framework.forward;

import org.jspecify.annotations.NullMarked;

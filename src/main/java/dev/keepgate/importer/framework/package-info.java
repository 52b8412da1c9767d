/**
 * What the tensors of a file mean: the parts that the conventions of several frameworks share, from
 * their names and gate orders to our layers.
 */
@NullMarked
package dev.keepgate.importer.framework;

import org.jspecify.annotations.NullMarked;

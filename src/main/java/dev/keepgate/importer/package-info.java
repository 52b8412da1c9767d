/**
 * What it takes to turn a file into a model: the importer's interface, the configuration beside a
 * file, bounds and refusals; which formats there are is not known here.
 */
@NullMarked
package dev.keepgate.importer;

import org.jspecify.annotations.NullMarked;

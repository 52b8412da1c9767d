/** Reads the files that lie beside a model: scalers, labels, vocabularies, thresholds. */
@NullMarked
package dev.keepgate.importer.framework.preprocessing;

import org.jspecify.annotations.NullMarked;

/** Holds the import of Deeplearning4j's files against Deeplearning4j itself. */
@NullMarked
package dev.keepgate.importer.framework.dl4j;

import org.jspecify.annotations.NullMarked;

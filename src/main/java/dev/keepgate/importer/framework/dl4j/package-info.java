/** Reads networks that Deeplearning4j's ModelSerializer wrote, without Deeplearning4j. */
@NullMarked
package dev.keepgate.importer.framework.dl4j;

import org.jspecify.annotations.NullMarked;

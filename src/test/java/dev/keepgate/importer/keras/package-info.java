/** What is refused of Keras' files, and how. */
@NullMarked
package dev.keepgate.importer.keras;

import org.jspecify.annotations.NullMarked;

/** What is refused of Keras' files, and how. */
@NullMarked
package dev.keepgate.importer.framework.keras;

import org.jspecify.annotations.NullMarked;

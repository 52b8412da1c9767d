/** Reads what scikit-learn fitted: scalers and the names of classes. */
@NullMarked
package dev.keepgate.importer.framework.sklearn;

import org.jspecify.annotations.NullMarked;

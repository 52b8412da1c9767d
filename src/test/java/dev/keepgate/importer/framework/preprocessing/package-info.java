/** Tests of the files that lie beside a model. */
@NullMarked
package dev.keepgate.importer.framework.preprocessing;

import org.jspecify.annotations.NullMarked;

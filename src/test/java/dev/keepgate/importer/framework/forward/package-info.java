/** Tests of the order in which a file's modules run. */
@NullMarked
package dev.keepgate.importer.framework.forward;

import org.jspecify.annotations.NullMarked;

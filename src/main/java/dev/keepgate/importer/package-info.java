/** Turns the files that training frameworks save into models; their conventions end here. */
@NullMarked
package dev.keepgate.importer;

import org.jspecify.annotations.NullMarked;

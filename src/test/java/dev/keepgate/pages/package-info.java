/** README and pages, held against the running server and its settings. */
@NullMarked
package dev.keepgate.pages;

import org.jspecify.annotations.NullMarked;

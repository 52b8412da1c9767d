/** The golden cases that the tests of several rooms read, and the tests of the house itself. */
@NullMarked
package dev.keepgate;

import org.jspecify.annotations.NullMarked;

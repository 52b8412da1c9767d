/** Tests of networks, layers and states. */
@NullMarked
package dev.keepgate.model;

import org.jspecify.annotations.NullMarked;

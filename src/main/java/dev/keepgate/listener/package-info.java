/** How a room tells its listeners: the same way in all of them. */
@NullMarked
package dev.keepgate.listener;

import org.jspecify.annotations.NullMarked;

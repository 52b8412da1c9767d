/** How a room tells its listeners, such as the meters, what happened; one way for all rooms. */
@NullMarked
package dev.keepgate.listener;

import org.jspecify.annotations.NullMarked;

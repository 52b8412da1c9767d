/** The folder of models: files that come whole or not at all, whenever the server crashes. */
@NullMarked
package dev.keepgate.registry.repository;

import org.jspecify.annotations.NullMarked;

/** What a model is: a network of layers with their weights, its signature, its recurrent state. */
@NullMarked
package dev.keepgate.model;

import org.jspecify.annotations.NullMarked;

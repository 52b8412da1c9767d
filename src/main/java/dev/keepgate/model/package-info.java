/**
 * What a model is: its sizes, its numbers, its recurrent state; plain records without behaviour.
 */
@NullMarked
package dev.keepgate.model;

import org.jspecify.annotations.NullMarked;

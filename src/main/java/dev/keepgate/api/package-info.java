/** The interfaces of the server: one package a protocol, and what several of them share. */
@NullMarked
package dev.keepgate.api;

import org.jspecify.annotations.NullMarked;

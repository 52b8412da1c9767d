/** The door of HTTP: who is let in, by which route, and how others are told. */
@NullMarked
package dev.keepgate.api.http.security;

import org.jspecify.annotations.NullMarked;

/** The OpenAPI documents: one a protocol, with what all of them say alike. */
@NullMarked
package dev.keepgate.api.openapi;

import org.jspecify.annotations.NullMarked;

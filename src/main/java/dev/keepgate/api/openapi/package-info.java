/** The OpenAPI documents of the protocols, as they are written, and a page that shows them. */
@NullMarked
package dev.keepgate.api.openapi;

import org.jspecify.annotations.NullMarked;

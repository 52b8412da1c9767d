/** The running server held against its OpenAPI documents. */
@NullMarked
package dev.keepgate.api.contract;

import org.jspecify.annotations.NullMarked;

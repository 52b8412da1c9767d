/** The payload log: some of the requests with their bodies and answers, to be sent again. */
@NullMarked
package dev.keepgate.api.payload;

import org.jspecify.annotations.NullMarked;

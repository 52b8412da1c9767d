/** The page: files for a browser, which asks the server by /v1 as any client does. */
@NullMarked
package dev.keepgate.api.web;

import org.jspecify.annotations.NullMarked;

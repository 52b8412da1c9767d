/**
 * Which models are loaded, where their files are kept, and who borrows them; knows nothing of
 * requests.
 */
@NullMarked
package dev.keepgate.registry;

import org.jspecify.annotations.NullMarked;

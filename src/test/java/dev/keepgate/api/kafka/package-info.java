/** Records of topics, read and answered. */
@NullMarked
package dev.keepgate.api.kafka;

import org.jspecify.annotations.NullMarked;

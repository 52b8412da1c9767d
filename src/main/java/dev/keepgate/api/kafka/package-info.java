/** Topics of Kafka whose records are steps of sequences. */
@NullMarked
package dev.keepgate.api.kafka;

import org.jspecify.annotations.NullMarked;

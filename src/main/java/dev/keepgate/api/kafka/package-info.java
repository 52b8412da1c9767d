/**
 * Topics of Kafka as a door: a record's key is a sequence, its value a step of it, and what the
 * model answers goes to another topic.
 */
@NullMarked
package dev.keepgate.api.kafka;

import org.jspecify.annotations.NullMarked;

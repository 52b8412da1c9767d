/** Tests of the walk over protocol buffer messages. */
@NullMarked
package dev.keepgate.importer.file.protobuf;

import org.jspecify.annotations.NullMarked;

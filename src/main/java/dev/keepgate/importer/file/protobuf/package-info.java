/** Protocol buffer messages, walked over field by field without classes made for them. */
@NullMarked
package dev.keepgate.importer.file.protobuf;

import org.jspecify.annotations.NullMarked;

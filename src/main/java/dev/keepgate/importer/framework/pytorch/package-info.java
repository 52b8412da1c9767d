/** How PyTorch names and lays out the numbers of an LSTM. */
@NullMarked
package dev.keepgate.importer.framework.pytorch;

import org.jspecify.annotations.NullMarked;

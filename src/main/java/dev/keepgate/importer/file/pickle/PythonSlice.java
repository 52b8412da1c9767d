package dev.keepgate.importer.file.pickle;

/**
 * Python's {@code slice} or {@code range}.
 *
 * @param start a number or a name, as the others; {@link Unpickler#NONE} if it is left out
 * @param stop the first that is not in it, if a number
 * @param step how far it is from one to the next
 */
public record PythonSlice(Object start, Object stop, Object step) {}

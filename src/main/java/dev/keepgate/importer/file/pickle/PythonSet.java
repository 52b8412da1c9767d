package dev.keepgate.importer.file.pickle;

import java.util.ArrayList;
import java.util.Collection;

/** Python's {@code set}: a list whose order says nothing. Nothing is hashed. */
public final class PythonSet extends ArrayList<Object> {

  private static final long serialVersionUID = 1L;

  PythonSet(Collection<?> items) {
    super(items);
  }
}

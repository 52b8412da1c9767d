package dev.keepgate.importer.file.pickle;

import dev.keepgate.importer.ImportException;
import java.util.Collections;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An object of a Python class: its attributes by name, none of the class's code. */
public final class PythonObject {

  private final String type;
  private @Nullable Map<?, ?> attributes;

  PythonObject(String type) {
    this.type = type;
  }

  /** Keeps a dict as the attributes; it is not copied, for a pickle can name one many times. */
  void build(Object state) throws ImportException {
    if (attributes != null || !(state instanceof Map<?, ?> map)) {
      throw ImportException.malformed(type, "its state is no dict, or there are two");
    }
    attributes = map;
  }

  /** The class with its module. */
  public String type() {
    return type;
  }

  /** The class alone. */
  public String name() {
    return type.substring(type.lastIndexOf('.') + 1);
  }

  /** An attribute; null if there is none of this name, or it is None. */
  public @Nullable Object get(String name) {
    Object value = attributes == null ? null : attributes.get(name);
    return value == Unpickler.NONE ? null : value;
  }

  /** All attributes by name, in the pickle's order. */
  public Map<?, ?> attributes() {
    return attributes == null ? Map.of() : Collections.unmodifiableMap(attributes);
  }
}

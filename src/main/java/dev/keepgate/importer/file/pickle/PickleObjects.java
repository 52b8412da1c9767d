package dev.keepgate.importer.file.pickle;

import dev.keepgate.importer.ImportException;
import java.io.IOException;
import java.util.List;

/**
 * What the names in a pickle stand for, and what is made of them; the machine itself knows none.
 *
 * <p>The machine's own values are {@link Boolean}, {@link Long}, {@link java.math.BigInteger} for
 * what a long does not hold, {@link Double}, {@link String}, {@code byte[]}, {@link List} for
 * lists, tuples and sets, {@link java.util.Map} for dicts, and {@link Unpickler#NONE}. They may
 * contain themselves: whoever walks through them needs a bound.
 */
public interface PickleObjects {

  /**
   * A class or a function by its name.
   *
   * @throws ImportException if it is not on the list of those that are known
   */
  Object global(String module, String name) throws ImportException;

  /** What calling a function, or making an object of a class, gives. */
  Object call(Object function, Object arguments) throws ImportException;

  /** Arguments by name, which an object was made with; most have no use for them. */
  default void named(Object object, Object arguments) {}

  /**
   * Gives an object its state.
   *
   * @param in what follows, for objects whose numbers lie behind the state
   * @return the object, or what takes its place
   */
  Object build(Object object, Object state, PickleInput in) throws IOException, ImportException;

  /** Appends to a list, or to an object that is one in its own way. */
  void append(Object list, List<Object> items) throws ImportException;

  /** Puts an item into a dict, or into an object that is one in its own way. */
  void put(Object dict, Object key, Object value) throws ImportException;

  /** What an id refers to that lies outside of the pickle. */
  Object referred(Object id) throws ImportException;
}

package dev.keepgate.model;

import java.util.HashSet;
import java.util.List;

/**
 * Names of a classifier's classes.
 *
 * @param names the name of class 0 first; each is there once
 */
public record Labels(List<String> names) {

  /**
   * Checks the names.
   *
   * @throws InconsistentModelException if there are none, or two are the same
   */
  public Labels {
    names = List.copyOf(names);
    if (names.isEmpty()) {
      throw new InconsistentModelException("there are no labels");
    }
    HashSet<String> seen = new HashSet<>();
    for (String name : names) {
      if (!seen.add(name)) {
        throw new InconsistentModelException("the label '%s' is there twice".formatted(name));
      }
    }
  }

  /** How many classes there are. */
  public int size() {
    return names.size();
  }
}

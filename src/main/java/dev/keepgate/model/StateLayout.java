package dev.keepgate.model;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which slots a network's recurrent state has, and in which order: the slots of the first owner,
 * then those of the second. An owner is a cell, or a layer that keeps a state of its own.
 *
 * <p>Outside, the slots of one name belong together: the state {@code h} of a network is the slot
 * {@code h} of each owner that has one, in the order of the owners.
 */
public final class StateLayout {

  private final List<List<Slot>> owners;

  /** All slots in their order. */
  private final Slot[] slots;

  /** Of each owner, the index of its first slot. */
  private final int[] first;

  /** In the order in which they first come up. */
  private final List<String> names;

  /** Of each name, the indices of its slots. */
  private final int[][] byName;

  private final long rowSize;

  /**
   * @param owners the slots of each owner
   * @throws InconsistentModelException if an owner has no slot, or two of one name
   */
  public StateLayout(List<List<Slot>> owners) {
    this.owners = owners.stream().map(List::copyOf).toList();
    this.first = new int[owners.size()];
    List<Slot> all = new ArrayList<>();
    List<String> found = new ArrayList<>();
    for (int owner = 0; owner < first.length; owner++) {
      first[owner] = all.size();
      Set<String> own = new HashSet<>();
      for (Slot slot : owners.get(owner)) {
        if (!own.add(slot.name())) {
          throw new InconsistentModelException("two slots of a state are called " + slot.name());
        }
        if (!found.contains(slot.name())) {
          found.add(slot.name());
        }
        all.add(slot);
      }
      if (own.isEmpty()) {
        throw new InconsistentModelException("what has a state needs a slot for it");
      }
    }
    this.slots = all.toArray(Slot[]::new);
    this.names = List.copyOf(found);
    this.byName = new int[names.size()][];
    long numbers = 0;
    for (Slot slot : slots) {
      numbers += slot.width();
    }
    this.rowSize = numbers;
    for (int name = 0; name < byName.length; name++) {
      List<Integer> indices = new ArrayList<>();
      for (int i = 0; i < slots.length; i++) {
        if (slots[i].name().equals(names.get(name))) {
          indices.add(i);
        }
      }
      byName[name] = indices.stream().mapToInt(Integer::intValue).toArray();
    }
  }

  /** The slots of each owner. */
  public List<List<Slot>> owners() {
    return owners;
  }

  /** How many slots there are. */
  public int size() {
    return slots.length;
  }

  /** A slot by its index. */
  public Slot slot(int slot) {
    return slots[slot];
  }

  /** Width of a slot. */
  public int width(int slot) {
    return slots[slot].width();
  }

  /** Index of an owner's first slot; the others follow. */
  public int first(int owner) {
    return first[owner];
  }

  /** All names that slots have, in the order in which they first come up. */
  public List<String> names() {
    return names;
  }

  /** How many slots have a name. */
  public int count(String name) {
    return indices(name).length;
  }

  /** The widths of a name's slots, in their order. */
  public int[] widths(String name) {
    int[] indices = indices(name);
    int[] widths = new int[indices.length];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = slots[indices[i]].width();
    }
    return widths;
  }

  /** Whether a name's slots are all of one width, so that they fit one tensor. */
  public boolean isUniform(String name) {
    int[] indices = indices(name);
    for (int index : indices) {
      if (slots[index].width() != slots[indices[0]].width()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Indices of a name's slots; not to be written.
   *
   * @throws IllegalArgumentException if no slot has the name
   */
  int[] indices(String name) {
    for (int i = 0; i < byName.length; i++) {
      if (names.get(i).equals(name)) {
        return byName[i];
      }
    }
    throw new IllegalArgumentException("the state has no %s, only %s".formatted(name, names));
  }

  /** How many numbers a row of the state has. */
  public long rowSize() {
    return rowSize;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StateLayout layout && layout.owners.equals(owners);
  }

  @Override
  public int hashCode() {
    return owners.hashCode();
  }

  @Override
  public String toString() {
    return owners.toString();
  }
}

package dev.keepgate.importer.file.torch;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.torch.PickleData.Opaque;
import dev.keepgate.importer.file.torch.PickleData.Storage;
import dev.keepgate.importer.file.torch.PickleData.StoredTensor;
import dev.keepgate.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The tensors of a checkpoint by name, also those that lie deep in dicts, lists and objects. */
final class HeldTensors {

  /** No name grows without a bound. */
  private static final int MAX_DEPTH = 64;

  /** A value and the way to it. */
  private record Node(@Nullable Node parent, String name, Object value, int depth) {

    static Node root(String name, Object value) {
      return new Node(null, name, value, 0);
    }

    Node inner(String innerName, Object innerValue) {
      return new Node(this, innerName, innerValue, depth + 1);
    }

    String path() {
      Deque<String> names = new ArrayDeque<>();
      for (Node node = this; node != null; node = node.parent()) {
        if (!node.name().isEmpty()) {
          names.addFirst(node.name());
        }
      }
      return String.join(".", names);
    }
  }

  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final Set<List<Object>> places = new HashSet<>();
  private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());

  /** All that were added. */
  Map<String, StoredTensor> tensors() {
    return tensors;
  }

  /** Adds a tensor of the state dict itself. */
  void addOwn(String name, StoredTensor tensor) {
    tensors.put(name, tensor);
    places.add(place(tensor));
  }

  /**
   * Adds the real numbers that a value holds; a single one is a step's or a loss, and what shares
   * the numbers of another is there already.
   *
   * @throws ImportException if it holds tensors in a form that is not read
   */
  void addAll(String name, Object value) throws ImportException {
    Deque<Node> left = new ArrayDeque<>();
    left.add(Node.root(name, value));
    while (!left.isEmpty()) {
      Node node = left.removeFirst();
      if (node.value() instanceof StoredTensor tensor) {
        add(node, tensor);
      } else if (node.value() instanceof Storage) {
        throw ImportException.unsupported(
            name,
            "holds tensors in %s, which is not read; save them as plain tensors, with"
                    .formatted(typeAbove(node))
                + " torch.save({k: v.to_dense() for k, v in ...}, \"model.pt\") or before the model"
                + " is quantised");
      } else if (seen.add(node.value())) {
        expand(node, left);
      }
    }
  }

  private void add(Node node, StoredTensor tensor) throws ImportException {
    if (tensor.storage().type().isInteger()
        || Tensor.count(tensor.shape()) <= 1
        || !places.add(place(tensor))) {
      return;
    }
    if (node.depth() > MAX_DEPTH) {
      throw ImportException.tooLarge(
          "the file has tensors in objects more than %d deep".formatted(MAX_DEPTH));
    }
    tensors.put(free(node.path()), tensor);
  }

  private String free(String path) {
    String name = path;
    for (int i = 2; tensors.containsKey(name); i++) {
      name = path + "#" + i;
    }
    return name;
  }

  private static String typeAbove(Node node) {
    for (Node each = node; each != null; each = each.parent()) {
      if (each.value() instanceof Opaque object) {
        return object.type();
      }
    }
    return "a storage of its own";
  }

  private static void expand(Node node, Deque<Node> left) {
    if (node.value() instanceof Map<?, ?> map) {
      map.forEach(
          (key, inner) -> left.add(node.inner(key instanceof Opaque ? "" : key.toString(), inner)));
    } else if (node.value() instanceof List<?> list) {
      for (int i = 0; i < list.size(); i++) {
        left.add(node.inner(Integer.toString(i), list.get(i)));
      }
    } else if (node.value() instanceof Opaque object) {
      for (Object part : object.parts()) {
        left.add(node.inner("", part));
      }
    }
  }

  /** The object of an unknown class, nearest to the top, that has tensors; null where none has. */
  static @Nullable Opaque holder(Object value) {
    Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Node> left = new ArrayDeque<>();
    left.add(Node.root("", value));
    Opaque first = null;
    while (!left.isEmpty()) {
      Node node = left.removeFirst();
      if (node.value() instanceof StoredTensor || node.value() instanceof Storage) {
        for (Node each = node; each != null; each = each.parent()) {
          first = each.value() instanceof Opaque object ? object : first;
        }
        return first;
      }
      if (seen.add(node.value())) {
        expand(node, left);
      }
    }
    return value instanceof Opaque object ? object : null;
  }

  private static List<Object> place(StoredTensor tensor) {
    return List.of(
        tensor.storage().key(),
        tensor.offset(),
        Arrays.toString(tensor.shape()),
        Arrays.toString(tensor.strides()));
  }
}

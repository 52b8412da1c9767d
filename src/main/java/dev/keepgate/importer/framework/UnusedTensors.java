package dev.keepgate.importer.framework;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.framework.forward.Forward;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Refuses a network that leaves out a part of its file without being told to. */
final class UnusedTensors {

  private static final int SHOWN = 12;

  /** TensorFlow 2's second list of a model's variables. */
  private static final Pattern LISTED =
      Pattern.compile("(.*/)?_?(all_|trainable_|non_trainable_)?variables/\\d+");

  private UnusedTensors() {}

  /**
   * Refuses tensors that were not read, hold real numbers, are not waived and are no copies.
   *
   * @throws ImportException that lists them
   */
  static void refuse(NamedTensors tensors, Forward forward) throws IOException, ImportException {
    Set<String> unread = new HashSet<>(tensors.unused());
    List<TensorInfo> unused = new ArrayList<>();
    for (TensorInfo tensor : tensors.all()) {
      if (unread.contains(tensor.name())
          && !tensor.type().isInteger()
          && tensor.count() > 0
          && !forward.waived().test(tensor)
          && !isCopy(tensors, tensor)) {
        unused.add(tensor);
      }
    }
    if (!unused.isEmpty()) {
      List<ImportException.Problem> problems =
          unused.stream()
              .limit(SHOWN)
              .map(tensor -> new ImportException.Problem(tensor.name(), "has no part"))
              .toList();
      throw new ImportException(
          ImportException.Fault.UNSUPPORTED,
          "these tensors would have no part in the network %s: %s; say by config.forward where they"
                  .formatted(recipe(forward), shown(unused))
              + " belong, or by config.ignore that they do not: "
              + ignore(unused),
          problems);
    }
  }

  /** Only another name of the same variable is a copy: equal weights may be of a tied layer. */
  private static boolean isCopy(NamedTensors tensors, TensorInfo tensor)
      throws IOException, ImportException {
    if (LISTED.matcher(tensor.name()).matches()) {
      return tensors.isCopy(tensor, original -> true);
    }
    return tensors.isCopy(tensor, original -> isWrapped(tensor.name(), original.name()));
  }

  /** Whether one name is the other behind a wrapper's. */
  private static boolean isWrapped(String one, String other) {
    String longer = one.length() > other.length() ? one : other;
    String shorter = longer.equals(one) ? other : one;
    return longer.endsWith("." + shorter) || longer.endsWith("/" + shorter);
  }

  private static String recipe(Forward forward) {
    return forward.stages().stream()
        .skip(1)
        .map(stage -> "\"" + stage.stage() + "\"")
        .collect(Collectors.joining(", ", "[", "]"));
  }

  private static String shown(List<TensorInfo> unused) {
    String first =
        unused.stream().limit(SHOWN).map(TensorInfo::toString).collect(Collectors.joining(", "));
    return unused.size() > SHOWN ? first + " and " + (unused.size() - SHOWN) + " more" : first;
  }

  private static String ignore(List<TensorInfo> unused) {
    return unused.stream()
        .map(tensor -> "\"" + parent(tensor.name()) + "\"")
        .distinct()
        .limit(SHOWN)
        .collect(Collectors.joining(", ", "[", "]"));
  }

  private static String parent(String name) {
    int end = Math.max(name.lastIndexOf('.'), name.lastIndexOf('/'));
    return end < 0 ? name : name.substring(0, end);
  }
}

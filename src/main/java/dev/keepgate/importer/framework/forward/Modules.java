package dev.keepgate.importer.framework.forward;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Summary;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * All modules of a file, in its order, and what their framework takes for granted.
 *
 * @param framework whose semantics they follow, such as {@code pytorch}
 * @param summary what an unroll answers where it does not answer every step and no recipe says it
 * @param inOrder whether the file's order is the one in which the modules were made
 * @param assumed what the file does not say of its cells and this server takes for granted, in
 *     words
 */
public record Modules(
    String framework, Summary summary, boolean inOrder, List<Module> all, List<String> assumed) {

  public Modules {
    all = List.copyOf(all);
    assumed = List.copyOf(assumed);
  }

  List<Module> recurrent() {
    return all.stream().filter(Module::isRecurrent).toList();
  }

  /** These of the modules. */
  Modules only(Predicate<Module> wanted) {
    return new Modules(framework, summary, inOrder, all.stream().filter(wanted).toList(), assumed);
  }

  /**
   * The module that a user means: by its whole name or a tensor's, by the end of its name, or by
   * the beginning of it.
   *
   * @param where the question stands, for the message
   * @return null if there is none
   * @throws ImportException if there are several
   */
  @Nullable Module find(String where, String asked) throws ImportException {
    String name = asked.replaceAll("[./]+$", "");
    List<Predicate<Module>> ways =
        List.of(
            module -> module.name().equals(name),
            module -> module.tensors().stream().anyMatch(tensor -> tensor.name().equals(name)),
            module -> module.name().isEmpty() && module.title().equals(name),
            module -> ModuleName.endsWith(module.name(), name),
            module -> ModuleName.isWithin(module.name(), name));
    for (Predicate<Module> way : ways) {
      List<Module> found = all.stream().filter(way).toList();
      if (found.size() > 1) {
        throw ImportException.config(
            where, "'%s' could be each of %s".formatted(asked, titles(found)));
      }
      if (found.size() == 1) {
        return found.get(0);
      }
    }
    return null;
  }

  static List<String> titles(List<Module> modules) {
    return modules.stream().map(Module::title).toList();
  }
}

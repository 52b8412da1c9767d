package dev.keepgate.importer.framework.forward;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which of a file's modules belong to the LSTM that the configuration's prefix chooses: those that
 * stand nearer to it, by their names, than to any other.
 *
 * @param chosen the recurrent modules that are meant
 * @param others the recurrent modules that are not
 * @param own the other modules that belong to the chosen
 */
record Scope(List<Module> chosen, List<Module> others, List<Module> own) {

  static Scope of(Modules modules, ImportConfig config) throws ImportException {
    List<Module> recurrent = modules.recurrent();
    List<Module> chosen = choose(recurrent, config);
    List<Module> others = recurrent.stream().filter(module -> !chosen.contains(module)).toList();
    List<Module> own =
        modules.all().stream()
            .filter(module -> !module.isRecurrent())
            .filter(
                module ->
                    others.isEmpty() || near(module.name(), chosen) > near(module.name(), others))
            .toList();
    return new Scope(chosen, others, own);
  }

  private static List<Module> choose(List<Module> recurrent, ImportConfig config)
      throws ImportException {
    String prefix = config.prefix();
    if (prefix == null) {
      return recurrent;
    }
    String asked = prefix.replaceAll("[./]+$", "");
    List<Predicate<String>> ways =
        List.of(
            name -> name.equals(asked),
            name -> ModuleName.endsWith(name, asked),
            name -> ModuleName.isUnder(name, asked),
            name -> name.startsWith(prefix));
    for (Predicate<String> way : ways) {
      List<Module> found = recurrent.stream().filter(module -> way.test(module.name())).toList();
      if (!found.isEmpty()) {
        return found;
      }
    }
    throw ImportException.config(
        "/config/prefix",
        "no LSTM has the prefix '%s', of %s".formatted(prefix, Modules.titles(recurrent)));
  }

  private static int near(String name, List<Module> modules) {
    return modules.stream()
        .mapToInt(module -> ModuleName.common(name, module.name()))
        .max()
        .orElse(-1);
  }

  /**
   * Whether a tensor may be left out because another LSTM was chosen.
   *
   * @param headNamed whether the network's end is said too
   */
  boolean waives(TensorInfo tensor, boolean headNamed) {
    if (others.isEmpty()) {
      return false;
    }
    Set<TensorInfo> mine =
        Stream.concat(chosen.stream(), own.stream())
            .flatMap(module -> module.tensors().stream())
            .collect(Collectors.toSet());
    if (mine.contains(tensor)) {
      return false;
    }
    String parent = ModuleName.parent(tensor.name());
    if (near(parent, chosen) > near(parent, others)) {
      return false;
    }
    // A parameter of a module around the chosen one is used where that runs it.
    boolean around =
        chosen.stream()
            .anyMatch(module -> parent.isEmpty() || ModuleName.isWithin(module.name(), parent));
    return headNamed || !around;
  }
}

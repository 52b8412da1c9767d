package dev.keepgate.importer.framework.forward;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Recipes that a file's modules would fit by their widths: what a refusal proposes. */
final class Candidates {

  private static final int MAX_MODULES = 24;
  private static final int MAX_TRIED = 20_000;
  private static final int SHOWN = 4;

  private final List<Module> modules;
  private final Set<List<Module>> found = new HashSet<>();
  private int longest;
  private int tried;

  private Candidates(List<Module> modules) {
    this.modules = modules;
  }

  /** The recipes of the most modules, a few at most, as {@code forward} has them. */
  static List<String> of(List<Module> modules) {
    if (modules.size() > MAX_MODULES) {
      return List.of();
    }
    Candidates candidates = new Candidates(modules);
    for (Module module : modules) {
      if (module.kind() == Module.Kind.EMBEDDING || module.kind() == Module.Kind.MATRIX) {
        candidates.follow(List.of(module), module.asEmbedding().outputSize());
      }
      candidates.follow(List.of(module), module.outputSize());
    }
    return candidates.found.stream()
        .map(Candidates::recipe)
        .sorted(Comparator.naturalOrder())
        .limit(SHOWN)
        .toList();
  }

  private void follow(List<Module> chain, int width) {
    if (tried++ > MAX_TRIED) {
      return;
    }
    if (chain.stream().anyMatch(Module::isRecurrent) && chain.size() >= longest) {
      if (chain.size() > longest) {
        longest = chain.size();
        found.clear();
      }
      found.add(chain);
    }
    for (Module next : modules) {
      if (next.kind() != Module.Kind.EMBEDDING
          && next.inputSize() == width
          && !chain.contains(next)) {
        List<Module> longer = new ArrayList<>(chain);
        longer.add(next);
        follow(longer, next.outputSize());
      }
    }
  }

  private static String stage(Module module) {
    return module.title() + (module.kind() == Module.Kind.VECTOR ? "(prelu)" : "");
  }

  static String recipe(List<Module> chain) {
    return chain.stream()
        .map(module -> "\"" + stage(module) + "\"")
        .collect(Collectors.joining(", ", "[", "]"));
  }
}

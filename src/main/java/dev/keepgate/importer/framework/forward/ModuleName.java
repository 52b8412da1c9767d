package dev.keepgate.importer.framework.forward;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The names that frameworks give to modules: paths, whose parts are joined by dots or slashes. */
final class ModuleName {

  private static final Pattern SEPARATOR = Pattern.compile("[./]");

  /** Words of what reads integers. */
  private static final Pattern EMBEDDING =
      Pattern.compile(
          ".*(embed|lookup|words|tokens|vocab|chars|letters).*"
              + "|(.*_)?(embs?|tok|token|wte|word|char)(_.*|\\d*)");

  /** Words of what stands at a network's end. */
  private static final Pattern HEAD =
      Pattern.compile(
          ".*(out|head|classif|logit|predict|pred$|softmax|tag|regress|decode|final|label"
              + "|target|readout).*");

  /** Words that say no more than that it is a dense layer. */
  private static final Pattern GENERIC =
      Pattern.compile("(fc|linear|lin|dense|fully_connected|mlp|layer|ffn?|proj|projection)\\d*");

  /** Words of what stands before the recurrent layers, or beside them. */
  private static final Pattern OTHER_PLACE =
      Pattern.compile(
          "(.*_)?(in|inp|input.*|embed|embedding|pre|encode|encoder|attn|attention|attend"
              + "|query|key|value|gate|alpha|energy|context|init|skip|residual|shortcut)(_.*|\\d*)"
              + "|.*(attn|attention).*");

  /** A module of a list: {@code fc.2}, {@code _operations/2}, Flax' {@code layers_2}. */
  private static final Pattern COUNTED = Pattern.compile("((?:.*[./])?(?:layers_)?)(\\d{1,6})");

  private ModuleName() {}

  /** The parts of a name. */
  static List<String> parts(String name) {
    return name.isEmpty() ? List.of() : new ArrayList<>(List.of(SEPARATOR.split(name)));
  }

  /** The last part of a name that is no number; empty where there is none. */
  static String last(String name) {
    String last = "";
    for (String part : parts(name)) {
      last = isNumber(part) ? last : part;
    }
    return last;
  }

  static boolean isNumber(String part) {
    return !part.isEmpty() && part.chars().allMatch(each -> each >= '0' && each <= '9');
  }

  /** How many parts two names have in common at the front. */
  static int common(String one, String other) {
    List<String> parts = parts(one);
    List<String> others = parts(other);
    int common = 0;
    while (common < Math.min(parts.size(), others.size())
        && parts.get(common).equals(others.get(common))) {
      common++;
    }
    return common;
  }

  /** Whether a name, or the part of it behind a wrapper's, begins with what is asked. */
  static boolean isWithin(String name, String asked) {
    return name.equals(asked) || name.startsWith(asked + ".") || name.startsWith(asked + "/");
  }

  /** Whether a name ends in what is asked, as a wrapper's {@code module.lstm} does. */
  static boolean endsWith(String name, String asked) {
    return name.equals(asked) || name.endsWith("." + asked) || name.endsWith("/" + asked);
  }

  /** Whether what is asked is a name's beginning, or stands in it behind a wrapper's. */
  static boolean isUnder(String name, String asked) {
    List<String> wanted = parts(asked);
    return Collections.indexOfSubList(parts(name), wanted) >= 0;
  }

  /** A name without its last part. */
  static String parent(String name) {
    int end = Math.max(name.lastIndexOf('.'), name.lastIndexOf('/'));
    return end < 0 ? "" : name.substring(0, end);
  }

  /** What a name has beyond what it shares with another at the front. */
  static String beyond(String name, String other) {
    List<String> parts = parts(name);
    return String.join(".", parts.subList(common(name, other), parts.size()));
  }

  /**
   * The name with the number before its own, where its last part is a number of a list.
   *
   * @return null where it is none, or the first; Keras' lists begin with the input
   */
  static @Nullable String before(String name) {
    Matcher counted = COUNTED.matcher(name);
    if (!counted.matches()) {
      return null;
    }
    String list = String.valueOf(counted.group(1));
    int number = Integer.parseInt(counted.group(2));
    int first = list.endsWith("_operations/") || list.endsWith("_layers/") ? 1 : 0;
    return number <= first ? null : list + (number - 1);
  }

  static boolean saysEmbedding(String own) {
    return EMBEDDING.matcher(lower(own)).matches();
  }

  static boolean saysHead(String own) {
    return HEAD.matcher(lower(own)).matches() && !saysOtherPlace(own);
  }

  static boolean saysDense(String own) {
    return saysHead(own) || isGeneric(own);
  }

  static boolean isGeneric(String own) {
    return GENERIC.matcher(lower(own).replaceAll("_?\\d+$", "")).matches();
  }

  static boolean saysOtherPlace(String own) {
    return OTHER_PLACE.matcher(lower(own)).matches();
  }

  private static String lower(String own) {
    return own.toLowerCase(Locale.ROOT);
  }
}

package dev.keepgate.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How text is split into a vocabulary's tokens.
 *
 * @param byCharacter whether each character is a token; else words between separators are
 * @param lowerCase whether upper case is made lower first
 * @param separator what stands between words
 * @param alsoSeparate characters that count as separators too; of no effect by character
 */
public record TextSplit(
    boolean byCharacter, boolean lowerCase, String separator, String alsoSeparate) {

  /** Each character is a token. */
  public static final TextSplit CHARACTERS = new TextSplit(true, false, " ", "");

  /** Words stand between white space. */
  public static final TextSplit WORDS = new TextSplit(false, false, " ", "\t\n\r\f");

  /** A text is not to grow by much as characters of it become separators. */
  private static final int LONGEST_SEPARATOR = 16;

  public TextSplit {
    if (separator.isEmpty()) {
      throw new InconsistentModelException("the separator of words is empty");
    }
    if (separator.length() > LONGEST_SEPARATOR) {
      throw new InconsistentModelException(
          "the separator of words has %d characters, %d at most"
              .formatted(separator.length(), LONGEST_SEPARATOR));
    }
  }

  /** The tokens of a text, in its order; none of them is empty. */
  public List<String> split(String text) {
    String cased = lowerCase ? text.toLowerCase(Locale.ROOT) : text;
    return byCharacter ? cased.codePoints().mapToObj(Character::toString).toList() : words(cased);
  }

  private List<String> words(String text) {
    StringBuilder separated = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (alsoSeparate.indexOf(c) >= 0) {
                separated.append(separator);
              } else {
                separated.appendCodePoint(c);
              }
            });
    List<String> words = new ArrayList<>();
    int from = 0;
    for (int at = separated.indexOf(separator); at >= 0; at = separated.indexOf(separator, from)) {
      add(words, separated.substring(from, at));
      from = at + separator.length();
    }
    add(words, separated.substring(from));
    return words;
  }

  private static void add(List<String> words, String word) {
    if (!word.isEmpty()) {
      words.add(word);
    }
  }

  /** The text of tokens. */
  public String join(List<String> tokens) {
    return String.join(byCharacter ? "" : separator, tokens);
  }
}

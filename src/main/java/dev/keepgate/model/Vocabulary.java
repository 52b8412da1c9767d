package dev.keepgate.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** The tokens that a model reads and writes, each with its id. Immutable. */
public final class Vocabulary {

  private final Map<String, Integer> ids;
  private final Map<Integer, String> tokens = new HashMap<>();
  private final TextSplit split;
  private final Special special;
  private final int longest;

  /**
   * Ids with a meaning of their own.
   *
   * @param unknown stands for a token that is not in the vocabulary; null if none does
   * @param padding stands for no token, before or after a text; null if none does
   * @param dropsUnknown whether tokens that are not in the vocabulary are left out, where none
   *     stands for them; else they are an error
   */
  public record Special(
      @Nullable Integer unknown, @Nullable Integer padding, boolean dropsUnknown) {

    /** Nothing but tokens. */
    public static final Special NONE = new Special(null, null, false);
  }

  /** A text has a token that the vocabulary lacks, and nothing stands for it. */
  public static final class UnknownTokenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnknownTokenException(String token, int position) {
      super("'%s', token %d of the text, is not in the vocabulary".formatted(token, position));
    }
  }

  /**
   * A vocabulary.
   *
   * @throws InconsistentModelException if it is empty, an id is negative, two tokens have the same,
   *     or one is no text
   */
  public Vocabulary(Map<String, Integer> ids, TextSplit split, Special special) {
    if (ids.isEmpty()) {
      throw new InconsistentModelException("the vocabulary is empty");
    }
    ids.forEach(
        (token, id) -> {
          if (id < 0) {
            throw new InconsistentModelException("'%s' has the id %d".formatted(token, id));
          }
          if (token.codePoints().anyMatch(Vocabulary::isHalf)) {
            throw new InconsistentModelException(
                "the token of id %d is half a character".formatted(id));
          }
          String other = tokens.put(id, token);
          if (other != null) {
            throw new InconsistentModelException(
                "'%s' and '%s' both have the id %d".formatted(other, token, id));
          }
        });
    this.ids = Map.copyOf(ids);
    this.split = split;
    this.special = special;
    this.longest =
        split.separator().length() + ids.keySet().stream().mapToInt(String::length).max().orElse(0);
  }

  /** Whether it is a surrogate without its other half, which no UTF-8 has. */
  private static boolean isHalf(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }

  /** How many tokens it has; ids may leave gaps. */
  public int size() {
    return ids.size();
  }

  /** One more than the largest id: how many rows an embedding, or values a softmax, needs. */
  public int idBound() {
    return tokens.keySet().stream().mapToInt(Integer::intValue).max().orElse(-1) + 1;
  }

  /** How text becomes tokens. */
  public TextSplit split() {
    return split;
  }

  public Special special() {
    return special;
  }

  /** The id of a token; empty if it has none. */
  public OptionalInt id(String token) {
    Integer id = ids.get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** The token of an id; null if it has none. */
  public @Nullable String token(int id) {
    return tokens.get(id);
  }

  /**
   * The ids of a text's tokens.
   *
   * @throws UnknownTokenException if a token has none, and is neither stood for nor left out
   */
  public int[] encode(String text) {
    List<Integer> encoded = new ArrayList<>();
    List<String> split = this.split.split(text);
    for (int position = 0; position < split.size(); position++) {
      String token = split.get(position);
      Integer id = ids.get(token);
      if (id != null) {
        encoded.add(id);
      } else if (special.unknown() != null) {
        encoded.add(special.unknown());
      } else if (!special.dropsUnknown()) {
        throw new UnknownTokenException(token, position);
      }
    }
    return encoded.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * The ids of a text that is a token, or whose tokens all are of the vocabulary.
   *
   * @throws UnknownTokenException if one is not, whatever stands for such tokens in other texts
   */
  public int[] encodeExactly(String text) {
    List<String> tokens = ids.containsKey(text) ? List.of(text) : split.split(text);
    int[] encoded = new int[tokens.size()];
    for (int position = 0; position < encoded.length; position++) {
      Integer id = ids.get(tokens.get(position));
      if (id == null) {
        throw new UnknownTokenException(tokens.get(position), position);
      }
      encoded[position] = id;
    }
    return encoded;
  }

  /** Whether an id is part of a text: whether it has a token, and is no padding. */
  public boolean isText(int id) {
    Integer padding = special.padding();
    return tokens.containsKey(id) && (padding == null || padding != id);
  }

  /**
   * What an id adds to a text; nothing where it is no part of one.
   *
   * @param isFirst whether the text has none before it
   */
  public String piece(int id, boolean isFirst) {
    String token = isText(id) ? tokens.get(id) : null;
    if (token == null) {
      return "";
    }
    return isFirst || split.byCharacter() ? token : split.separator() + token;
  }

  /** How many characters the longest token has, with what stands before it. */
  public int longest() {
    return longest;
  }

  /** The text of ids; those without a token, such as padding, are left out. */
  public String decode(int... encoded) {
    List<String> text = new ArrayList<>();
    for (int id : encoded) {
      String token = isText(id) ? tokens.get(id) : null;
      if (token != null) {
        text.add(token);
      }
    }
    return split.join(text);
  }
}

package dev.keepgate.importer.framework.keras;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.TextSplit;
import dev.keepgate.model.Vocabulary;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The vocabulary of {@code keras.preprocessing.text.Tokenizer}, as texts_to_sequences uses it. */
public final class KerasTokenizer {

  private static final String NAME = "Tokenizer";

  private KerasTokenizer() {}

  /**
   * Reads a tokenizer.
   *
   * @param attributes by name: {@code word_index} is a map of tokens to numbers; null, or absent,
   *     is None
   * @throws ImportException if it is not fitted, or splits text by code of its own
   */
  public static Vocabulary read(Map<String, ? extends @Nullable Object> attributes)
      throws ImportException {
    if (attributes.get("analyzer") != null) {
      throw ImportException.unsupported(
          NAME, "splits text by an analyzer of its own, which is not run; send ids");
    }
    if (!(attributes.get("word_index") instanceof Map<?, ?> index) || index.isEmpty()) {
      throw ImportException.unsupported(NAME, "is not fitted: it has no word_index");
    }
    Long limit = attributes.get("num_words") instanceof Long words && words > 0 ? words : null;
    Map<String, Integer> ids = new HashMap<>();
    for (Map.Entry<?, ?> entry : index.entrySet()) {
      if (!(entry.getKey() instanceof String token)
          || !(entry.getValue() instanceof Long id)
          || id < 0
          || id > Integer.MAX_VALUE) {
        throw ImportException.malformed(NAME, "has a word_index of more than words and numbers");
      }
      if (limit == null || id < limit) {
        ids.put(token, id.intValue());
      }
    }
    Integer unknown = null;
    if (attributes.get("oov_token") instanceof String token) {
      if (!(index.get(token) instanceof Long id) || id > Integer.MAX_VALUE) {
        throw ImportException.malformed(NAME, "has an oov_token that is not in its word_index");
      }
      unknown = id.intValue();
    }
    boolean usesZero = ids.containsValue(0);
    try {
      return new Vocabulary(
          ids, split(attributes), new Vocabulary.Special(unknown, usesZero ? null : 0, true));
    } catch (InconsistentModelException e) {
      throw ImportException.malformed(NAME, String.valueOf(e.getMessage()));
    }
  }

  private static TextSplit split(Map<String, ? extends @Nullable Object> attributes) {
    return new TextSplit(
        Boolean.TRUE.equals(attributes.get("char_level")),
        !Boolean.FALSE.equals(attributes.get("lower")),
        attributes.get("split") instanceof String separator ? separator : " ",
        attributes.get("filters") instanceof String filters ? filters : "");
  }
}

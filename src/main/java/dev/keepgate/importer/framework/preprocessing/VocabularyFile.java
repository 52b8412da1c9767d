package dev.keepgate.importer.framework.preprocessing;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.file.pickle.PythonObject;
import dev.keepgate.importer.framework.keras.KerasTokenizer;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.TextSplit;
import dev.keepgate.model.Vocabulary;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads vocabularies: a Tokenizer of Keras, as pickle or by its {@code to_json}, a list of tokens
 * as pickle, npy or JSON, an object of tokens and ids, or text with a token a line.
 */
public final class VocabularyFile {

  private static final String PART = "vocabulary";

  private static final List<String> UNKNOWN = List.of("[UNK]", "<unk>", "<UNK>", "<OOV>", "<oov>");
  private static final List<String> PADDING = List.of("[PAD]", "<pad>", "<PAD>", "");

  /** Tokens that are of no text. */
  private static final Pattern SPECIAL = Pattern.compile("|<[^<>]+>|\\[[A-Z]+\\]");

  private VocabularyFile() {}

  /**
   * Reads a vocabulary, whose form the bytes tell. Where the tokens are single characters, text is
   * read by characters, else by words between white space.
   *
   * @param file all its bytes
   * @throws ImportException that names what is not read, and what to send instead
   */
  public static Vocabulary read(byte[] file, ImportLimits limits) throws ImportException {
    SideFile side = SideFile.read(PART, file, limits);
    Object value = side.value();
    if (value instanceof PythonObject object) {
      if (!object.name().equals("Tokenizer")) {
        throw side.unsupported("is a %s, and no Tokenizer of Keras", object.type());
      }
      Map<String, @Nullable Object> attributes = new LinkedHashMap<>();
      object
          .attributes()
          .keySet()
          .forEach(
              key -> {
                String name = String.valueOf(key);
                attributes.put(name, object.get(name));
              });
      return KerasTokenizer.read(attributes);
    }
    if (value instanceof Map<?, ?> map) {
      return "Tokenizer".equals(map.get("class_name"))
              && map.get("config") instanceof Map<?, ?> config
          ? KerasTokenizer.read(tokenizer(config))
          : of(side, tokens(side, map));
    }
    List<?> list = side.list(value);
    if (list == null && side.text() != null && value == null) {
      list = lines(side);
    }
    if (list == null) {
      throw side.unsupported(
          "holds none; send a JSON list of tokens, that of id 0 first, an object of tokens and ids,"
              + " vocab.txt with a token a line, or a Tokenizer of Keras");
    }
    return of(side, numbered(side, list));
  }

  /** Its index is JSON in a string. */
  private static Map<String, @Nullable Object> tokenizer(Map<?, ?> config) throws ImportException {
    Map<String, @Nullable Object> attributes = new LinkedHashMap<>();
    config.forEach((name, value) -> attributes.put(String.valueOf(name), value));
    if (attributes.get("word_index") instanceof String index) {
      attributes.put("word_index", SideFile.nested("vocabulary's word_index", index));
    }
    return attributes;
  }

  private static List<String> lines(SideFile side) throws ImportException {
    List<String> lines = side.lines();
    if (lines.size() == 1) {
      throw side.unsupported(
          "is one line; send a token a line, or a JSON list of tokens, that of id 0 first");
    }
    int empty = lines.lastIndexOf("");
    if (empty > 0) {
      throw side.unsupported(
          "has an empty line %d; send tokens such as a line's end as a JSON list", empty + 1);
    }
    return lines;
  }

  private static Map<String, Integer> numbered(SideFile side, List<?> tokens)
      throws ImportException {
    Map<String, Integer> ids = new LinkedHashMap<>();
    for (int i = 0; i < tokens.size(); i++) {
      put(side, ids, tokens.get(i), (long) i);
    }
    return ids;
  }

  private static Map<String, Integer> tokens(SideFile side, Map<?, ?> map) throws ImportException {
    boolean isByToken = map.values().stream().allMatch(Long.class::isInstance);
    Map<String, Integer> ids = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      put(
          side,
          ids,
          isByToken ? entry.getKey() : entry.getValue(),
          isByToken ? entry.getValue() : number(entry.getKey()));
    }
    return ids;
  }

  private static @Nullable Object number(@Nullable Object key) {
    return key instanceof String text && text.matches("\\d{1,9}") ? Long.valueOf(text) : key;
  }

  private static void put(
      SideFile side, Map<String, Integer> ids, @Nullable Object token, @Nullable Object id)
      throws ImportException {
    if (!(token instanceof String text)
        || !(id instanceof Long number)
        || number < 0
        || number > Integer.MAX_VALUE) {
      throw side.unsupported("has more than tokens, which are strings, and ids, from 0 on");
    }
    if (ids.put(text, number.intValue()) != null) {
      throw side.unsupported("has the token '%s' twice", text);
    }
  }

  private static Vocabulary of(SideFile side, Map<String, Integer> ids) throws ImportException {
    boolean hasWords = false;
    boolean hasSpace = false;
    for (String token : ids.keySet()) {
      if (!SPECIAL.matcher(token).matches()) {
        if (token.startsWith("##") && token.length() > 2) {
          throw side.unsupported(
              "has pieces of words, as '%s', which no text is split into here; send ids", token);
        }
        hasWords |= token.codePointCount(0, token.length()) > 1;
        hasSpace |= token.chars().anyMatch(Character::isWhitespace);
      }
    }
    if (hasWords && hasSpace) {
      throw side.unsupported(
          "has tokens of several characters and tokens with white space, so that it does not tell"
              + " how text is split; send ids");
    }
    try {
      return new Vocabulary(
          ids,
          hasWords ? TextSplit.WORDS : TextSplit.CHARACTERS,
          new Vocabulary.Special(first(UNKNOWN, ids), first(PADDING, ids), false));
    } catch (InconsistentModelException e) {
      throw side.unsupported("%s", String.valueOf(e.getMessage()));
    }
  }

  private static @Nullable Integer first(List<String> names, Map<String, Integer> ids) {
    for (String name : names) {
      Integer id = ids.get(name);
      if (id != null) {
        return id;
      }
    }
    return null;
  }
}

package dev.keepgate.importer.framework.preprocessing;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.file.pickle.NumpyArray;
import dev.keepgate.importer.file.pickle.NumpyFile;
import dev.keepgate.importer.file.pickle.PickleFile;
import dev.keepgate.importer.file.pickle.PythonObject;
import dev.keepgate.importer.file.pickle.PythonSet;
import dev.keepgate.importer.file.pickle.Unpickler;
import dev.keepgate.importer.framework.ConfigJson;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A file beside a model as plain values, whatever it is written in: a pickle, an npy file, JSON or
 * text. Values are {@link Map}, {@link List}, {@link String}, {@link Long}, {@link Double}, {@link
 * Boolean}, null; and {@link PythonObject}.
 *
 * @param part what it is, for the messages
 * @param value null for text that is no JSON
 * @param text null if the file is no text
 */
record SideFile(String part, @Nullable Object value, @Nullable String text) {

  /** A value takes some 200 bytes as it is read. */
  private static final int MAX_VALUES = 1_000_000;

  /** An object, one in a string, or a list; no line such as [PAD]. */
  private static final Pattern JSON =
      Pattern.compile("\\{|\"\\{|\\[\\s*(?:[\"\\[{\\]\\d-]|(?:true|false|null|NaN)\\b)");

  /**
   * Reads a file.
   *
   * @throws ImportException if it is damaged, too large, or in none of these forms
   */
  static SideFile read(String part, byte[] file, ImportLimits limits) throws ImportException {
    if (file.length > limits.maxHeaderBytes()) {
      throw ImportException.tooLarge(
          "the %s has %d bytes, %d are allowed"
              .formatted(part, file.length, limits.maxHeaderBytes()));
    }
    if (PickleFile.recognizes(file)) {
      return new SideFile(part, plain(PickleFile.read(file, limits)), null);
    }
    if (NumpyFile.recognizes(file)) {
      return new SideFile(part, NumpyFile.read(file, limits), null);
    }
    String text = text(part, file);
    String stripped = text.strip();
    if (!JSON.matcher(stripped).lookingAt()) {
      return new SideFile(part, null, text);
    }
    return new SideFile(part, json(part, text), text);
  }

  private static @Nullable Object json(String part, String text) throws ImportException {
    JsonNode node = ConfigJson.parse("the " + part, text.getBytes(StandardCharsets.UTF_8));
    if (node.isString()) {
      // What to_json gives, written as JSON once more.
      node = ConfigJson.parse("the " + part, node.stringValue().getBytes(StandardCharsets.UTF_8));
    }
    return plain(node);
  }

  /** JSON inside of a string, as the parts of a tokenizer. */
  static @Nullable Object nested(String part, String json) throws ImportException {
    return json(part, json);
  }

  private static @Nullable Object plain(JsonNode node) {
    if (node.isObject()) {
      Map<String, @Nullable Object> map = new LinkedHashMap<>();
      node.properties().forEach(item -> map.put(item.getKey(), plain(item.getValue())));
      return map;
    }
    if (node.isArray()) {
      List<@Nullable Object> list = new ArrayList<>(node.size());
      node.forEach(item -> list.add(plain(item)));
      return list;
    }
    if (node.isIntegralNumber() && node.canConvertToLong()) {
      return node.longValue();
    }
    if (node.isNumber()) {
      return node.doubleValue();
    }
    return node.isBoolean() ? node.booleanValue() : node.isString() ? node.stringValue() : null;
  }

  private static @Nullable Object plain(Object python) {
    return python == Unpickler.NONE ? null : python;
  }

  private static String text(String part, byte[] file) throws ImportException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(file)).toString();
    } catch (CharacterCodingException e) {
      throw unknown(part);
    }
    if (text.chars().filter(c -> "\r\n,[{".indexOf(c) >= 0).count() > MAX_VALUES) {
      throw ImportException.tooLarge(
          "the %s has more than %d values or lines".formatted(part, MAX_VALUES));
    }
    if (text.chars().anyMatch(c -> c < ' ' && c != '\n' && c != '\r' && c != '\t')) {
      throw unknown(part);
    }
    return text.startsWith("\ufeff") ? text.substring(1) : text;
  }

  private static ImportException unknown(String part) {
    return ImportException.malformed(
        part,
        "is of no known form: what is read are pickles of pickle.dump and joblib.dump, DL4J's"
            + " normalizer.bin, npy files, JSON and text in UTF-8");
  }

  /** The lines of text, without their ends; none for the end of the last. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    if (text != null && !text.isEmpty()) {
      String[] split = text.split("\r\n|\n|\r", -1);
      int count = split[split.length - 1].isEmpty() ? split.length - 1 : split.length;
      lines.addAll(List.of(split).subList(0, count));
    }
    return lines;
  }

  /**
   * The items of a list or of an array of one dimension; null if a value is neither.
   *
   * @throws ImportException if it is a set, which has no order
   */
  @Nullable List<?> list(@Nullable Object of) throws ImportException {
    if (of instanceof PythonSet) {
      throw unsupported("is a set, which has no order; send a list");
    }
    if (of instanceof NumpyArray array && array.shape().length == 1) {
      return array.values();
    }
    return of instanceof List<?> list ? list : null;
  }

  @SuppressWarnings("AnnotateFormatMethod")
  ImportException unsupported(String detail, Object... arguments) {
    return ImportException.unsupported(part, detail.formatted(arguments));
  }
}

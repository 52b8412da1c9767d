package dev.keepgate.importer.file.checkpoint;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.protobuf.MessageReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What TensorFlow 2 writes of the objects whose variables it saves, {@code TrackableObjectGraph} of
 * {@code trackable_object_graph.proto}: where a variable's place among the objects says nothing, as
 * in {@code variables/3}, it tells the variable's own name.
 */
final class ObjectGraph {

  static final String KEY = "_CHECKPOINTABLE_OBJECT_GRAPH";

  private static final String ENDING = "/.ATTRIBUTES/VARIABLE_VALUE";

  /** Not an optimizer's {@code _variables}, whose own names look like those of the model. */
  private static final Pattern NAMELESS =
      Pattern.compile("(.*/)?(variables|_all_variables|_?(non_)?trainable_variables)/\\d+");

  private final Map<String, String> names = new HashMap<>();
  private final Set<String> used = new HashSet<>();

  /** Reads the graph. */
  void read(ByteBuffer message) throws IOException, ImportException {
    MessageReader graph = MessageReader.of(message);
    graph.fields(object -> readObject(graph, object));
  }

  private void readObject(MessageReader graph, int field) throws IOException, ImportException {
    if (field == 1) {
      graph.message(attribute -> readAttribute(graph, attribute));
    } else {
      graph.skip();
    }
  }

  private void readAttribute(MessageReader graph, int field) throws IOException, ImportException {
    if (field != 2) {
      graph.skip();
      return;
    }
    String[] nameAndKey = {"", ""};
    graph.message(
        part -> {
          if (part == 2 || part == 3) {
            nameAndKey[part - 2] = graph.string();
          } else {
            graph.skip();
          }
        });
    names.put(nameAndKey[1], nameAndKey[0]);
  }

  /** What to call a variable: its key without the fixed ending, or its own name. */
  String nameOf(String key) {
    String place = key.endsWith(ENDING) ? key.substring(0, key.length() - ENDING.length()) : key;
    String name = names.getOrDefault(key, "");
    // A saved model lists a variable twice; the first has the name.
    return NAMELESS.matcher(place).matches() && !name.isEmpty() && used.add(name) ? name : place;
  }
}

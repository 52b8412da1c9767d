package dev.keepgate.api.contract;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Makes JSON: of a schema, near to an example, or hardly JSON at all. */
final class JsonFuzzer {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final int DEPTH = 6;
  private static final List<String> STRINGS =
      List.of(
          "",
          " ",
          "x",
          "h0",
          "output",
          "lengths",
          "1",
          "0",
          "50ms",
          "1h",
          "-1s",
          "chat-7",
          "notebook-cell",
          "FP32",
          "INT64",
          "BYTES",
          "NaN",
          "null",
          "true",
          "a/b",
          "..",
          "\u0000",
          "\ud83d\ude00",
          "\u00e9",
          "%s%n",
          "'\"\\",
          "18446744073709551616",
          "x".repeat(300));
  private static final List<String> NUMBERS =
      List.of(
          "0",
          "1",
          "2",
          "3",
          "-1",
          "-0",
          "0.5",
          "-0.0",
          "1e-400",
          "1e38",
          "1e39",
          "-1e400",
          "1e2",
          "1.0",
          "127",
          "255",
          "65536",
          "2147483647",
          "2147483648",
          "-2147483649",
          "9223372036854775807",
          "9223372036854775808",
          "18446744073709551615",
          "18446744073709551617",
          "1" + "0".repeat(40));

  private final ApiContract contract;
  private final Random random;

  JsonFuzzer(ApiContract contract, Random random) {
    this.contract = contract;
    this.random = random;
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  /** A value that is of the schema, as far as a schema can say. */
  JsonNode ofSchema(JsonNode schema) {
    return ofSchema(schema, 0);
  }

  private JsonNode ofSchema(JsonNode reference, int depth) {
    JsonNode schema = contract.resolve(reference);
    if (schema.path("items").isObject() && schema.get("items").isEmpty()) {
      return tensor(random.nextInt(5), depth);
    }
    if (schema.has("enum")) {
      return schema.get("enum").get(random.nextInt(schema.get("enum").size()));
    }
    JsonNode type = schema.path("type");
    String name =
        type.isArray() ? type.get(random.nextInt(type.size())).asString() : type.asString("");
    return switch (name) {
      case "object" -> object(schema, depth);
      case "array" -> {
        ArrayNode array = NODES.arrayNode();
        for (int i = random.nextInt(4); i > 0 && depth < DEPTH; i--) {
          array.add(ofSchema(schema.get("items"), depth + 1));
        }
        yield array;
      }
      case "string" -> NODES.stringNode(pick(STRINGS));
      case "integer" -> NODES.numberNode(chance(0.7) ? random.nextInt(5) : random.nextLong());
      case "number" -> number();
      case "boolean" -> NODES.booleanNode(random.nextBoolean());
      default -> anything(depth);
    };
  }

  private ObjectNode object(JsonNode schema, int depth) {
    ObjectNode object = NODES.objectNode();
    List<String> required = schema.path("required").valueStream().map(JsonNode::asString).toList();
    schema
        .path("properties")
        .propertyStream()
        .filter(property -> required.contains(property.getKey()) || chance(0.4))
        .forEach(
            property -> object.set(property.getKey(), ofSchema(property.getValue(), depth + 1)));
    if (schema.path("additionalProperties").asBoolean(false) && chance(0.3)) {
      object.set("unknown", anything(depth));
    }
    return object;
  }

  private JsonNode tensor(int rank, int depth) {
    if (rank == 0 || depth > DEPTH) {
      return number();
    }
    ArrayNode array = NODES.arrayNode();
    int size = pick(List.of(0, 1, 1, 2, 2, 3, 4, 6, 6));
    for (int i = 0; i < size; i++) {
      array.add(tensor(chance(0.02) ? rank : rank - 1, depth + 1));
    }
    return array;
  }

  /** An array of numbers of a shape. */
  JsonNode tensor(int... shape) {
    if (shape.length == 0) {
      return NODES.numberNode(random.nextInt(3));
    }
    ArrayNode array = NODES.arrayNode();
    for (int i = 0; i < shape[0]; i++) {
      array.add(tensor(Arrays.copyOfRange(shape, 1, shape.length)));
    }
    return array;
  }

  private JsonNode number() {
    return chance(0.8)
        ? NODES.numberNode(random.nextInt(-3, 4))
        : NODES.numberNode(random.nextGaussian());
  }

  private JsonNode anything(int depth) {
    return switch (random.nextInt(depth > DEPTH ? 5 : 7)) {
      case 0 -> NODES.nullNode();
      case 1 -> NODES.booleanNode(random.nextBoolean());
      case 2 -> NODES.stringNode(pick(STRINGS));
      // Written as it stands by the text that is made of it.
      case 3 -> NODES.numberNode(new java.math.BigDecimal(pick(NUMBERS)));
      case 4 -> number();
      case 5 -> tensor(random.nextInt(4), depth);
      default -> {
        ObjectNode object = NODES.objectNode();
        object.set(pick(STRINGS), anything(depth + 2));
        yield object;
      }
    };
  }

  /** A copy with one node changed, added or taken away. */
  JsonNode mutated(JsonNode original) {
    ObjectNode root = NODES.objectNode();
    root.set("", original.deepCopy());
    List<JsonNode> parents = new ArrayList<>();
    collect(root, parents);
    JsonNode parent = pick(parents);
    if (parent instanceof ArrayNode array) {
      mutate(array);
    } else if (parent instanceof ObjectNode object) {
      mutate(object);
    }
    return root.get("");
  }

  private static void collect(JsonNode node, List<JsonNode> parents) {
    if (node.size() > 0) {
      parents.add(node);
    }
    node.forEach(child -> collect(child, parents));
  }

  private void mutate(ArrayNode array) {
    int at = random.nextInt(array.size());
    switch (random.nextInt(5)) {
      case 0 -> array.remove(at);
      case 1 -> array.insert(at, array.get(at).deepCopy());
      case 2 -> array.insert(at, anything(0));
      case 3 -> array.set(at, NODES.arrayNode().add(array.get(at)));
      default -> array.set(at, anything(0));
    }
  }

  private void mutate(ObjectNode object) {
    String field = pick(List.copyOf(object.propertyNames()));
    switch (random.nextInt(field.isEmpty() ? 2 : 5)) {
      case 0 -> object.set(field, anything(0));
      case 1 -> object.set(field, NODES.arrayNode().add(object.get(field)));
      case 2 -> object.remove(field);
      case 3 -> object.set(pick(STRINGS), anything(0));
      default -> object.set(field + "_", object.get(field));
    }
  }

  /** The document's text, changed in ways that a parser has to find. */
  byte[] broken(JsonNode document) {
    String text = document.toString();
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int at = random.nextInt(text.length() + 1);
    String before = text.substring(0, at);
    String after = text.substring(at);
    return switch (random.nextInt(12)) {
      case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      case 1 ->
          utf8(
              before
                  + pick(List.of("NaN", "-Infinity", "+1", "01", "0x1", ".5", "1.", "nul"))
                  + after);
      case 2 -> utf8(before + "9".repeat(1 + random.nextInt(3000)) + after);
      case 3 ->
          utf8(before + pick(List.of("[", "{\"a\":")).repeat(1 + random.nextInt(20_000)) + after);
      case 4 -> utf8(text.replaceFirst("\\{", "{\"x\": [1], "));
      case 5 ->
          utf8(text + pick(List.of("{}", ",", "]", "\u0000", "x", " \n\t\r", "//c", "\ufeff")));
      case 6 -> utf8("\ufeff" + text);
      case 7 -> text.getBytes(pick(List.of(StandardCharsets.UTF_16, Charset.forName("UTF-32"))));
      case 8 -> bytesIn(before, after, (byte) random.nextInt());
      case 9 -> bytesIn(before, after, (byte) 0xc0, (byte) 0x80);
      case 10 -> utf8(before + pick(List.of("\"", "\\", "\\ud800", "\u0007", "'", "/**/")) + after);
      default -> {
        byte[] noise = new byte[random.nextInt(64)];
        random.nextBytes(noise);
        yield noise;
      }
    };
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] bytesIn(String before, String after, byte... between) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(utf8(before));
    out.writeBytes(between);
    out.writeBytes(utf8(after));
    return out.toByteArray();
  }

  /** The bytes with a few of them changed, or cut. */
  byte[] flipped(byte[] bytes) {
    byte[] copy =
        chance(0.3) ? Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)) : bytes.clone();
    for (int i = random.nextInt(4); i > 0 && copy.length > 0; i--) {
      copy[random.nextInt(Math.min(copy.length, 200))] = (byte) random.nextInt();
    }
    return copy;
  }
}

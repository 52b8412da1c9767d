package dev.keepgate.importer.file;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ModelFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The index of shards: which tensor is in which file, as {@code model.safetensors.index.json} says.
 *
 * @param name of the file
 * @param shards names of files, each with the names of its tensors
 */
record ShardIndex(String name, Map<String, Set<String>> shards) {

  private static final String MAP = "weight_map";
  private static final int LONGEST = 16 << 20;
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /** Whether a file is JSON with a map of weights. */
  static boolean recognizes(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      if (in.read() != '{' || Files.size(path) > LONGEST) {
        return false;
      }
    }
    return Files.readString(path, StandardCharsets.ISO_8859_1).contains("\"" + MAP + "\"");
  }

  static ShardIndex read(Path path) throws IOException, ImportException {
    String name = ModelFiles.name(path);
    JsonNode map;
    try {
      map = JSON.readTree(Files.readAllBytes(path)).path(MAP);
    } catch (JacksonException e) {
      throw ImportException.malformed(name, "is not JSON: " + e.getOriginalMessage());
    }
    if (!map.isObject() || map.isEmpty()) {
      throw ImportException.malformed(name, "has no " + MAP + " of tensors and their files");
    }
    Map<String, Set<String>> shards = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      if (!entry.getValue().isString()) {
        throw ImportException.malformed(
            name, "says of '%s' something else than a file's name".formatted(entry.getKey()));
      }
      shards
          .computeIfAbsent(entry.getValue().stringValue(), file -> new TreeSet<>())
          .add(entry.getKey());
    }
    return new ShardIndex(name, shards);
  }

  /**
   * Holds files against the index: each is there, by its name or else by what it holds, and holds
   * what the index says.
   *
   * @param found names of files, each with the names of its tensors
   */
  void check(Map<String, Set<String>> found) throws ImportException {
    Map<String, Set<String>> left = new LinkedHashMap<>(found);
    List<String> missing = new ArrayList<>();
    for (Map.Entry<String, Set<String>> shard : shards.entrySet()) {
      String file = match(shard.getKey(), shard.getValue(), left);
      Set<String> there = file == null ? null : left.remove(file);
      if (there == null) {
        missing.add(shard.getKey());
      } else {
        compare(shard.getKey(), shard.getValue(), there);
      }
    }
    if (!missing.isEmpty()) {
      throw ImportException.unsupported(
          missing.get(0),
          "is missing: %s says that tensors are in it; send %s as well"
              .formatted(name, ModelFiles.names(missing)));
    }
    if (!left.isEmpty()) {
      throw ImportException.unsupported(
          left.keySet().iterator().next(), "is not among the files that %s lists".formatted(name));
    }
  }

  private static @Nullable String match(
      String shard, Set<String> tensors, Map<String, Set<String>> found) {
    String last = shard.substring(Math.max(shard.lastIndexOf('/'), shard.lastIndexOf('\\')) + 1);
    if (found.containsKey(last)) {
      return last;
    }
    for (Map.Entry<String, Set<String>> file : found.entrySet()) {
      if (file.getValue().equals(tensors)) {
        return file.getKey();
      }
    }
    return null;
  }

  private void compare(String shard, Set<String> listed, Collection<String> there)
      throws ImportException {
    for (String tensor : listed) {
      if (!there.contains(tensor)) {
        throw ImportException.unsupported(
            shard, "has no tensor '%s', which %s says is in it".formatted(tensor, name));
      }
    }
    for (String tensor : there) {
      if (!listed.contains(tensor)) {
        throw ImportException.unsupported(
            shard, "has a tensor '%s' that %s does not list".formatted(tensor, name));
      }
    }
  }
}

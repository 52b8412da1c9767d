package dev.keepgate.security;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.NodeId;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * The YAML file of keys: a list {@code keys} of names, hashes, roles and bounds. What is not
 * understood is refused: a field that was misspelt would be a bound that does not hold.
 *
 * @param path where it lies
 * @param limit bytes that it has at most
 */
record KeysFile(Path path, long limit) {

  /** What a key's name may be. */
  static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  private static final Pattern SHA256 = Pattern.compile("[0-9a-fA-F]{64}");
  private static final String REMEDY =
      "Make an entry by: java -jar keepgate.jar create-key --name <name> --roles "
          + Role.labels().replace(" ", "");

  /** The bytes of the file as they are now. */
  byte[] read() {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(Math.toIntExact(limit + 1));
      if (bytes.length > limit) {
        throw refuse(
            "has more than %,d bytes".formatted(limit),
            "Raise keepgate.security.keys-file-limit, or remove keys that nobody uses.");
      }
      return bytes;
    } catch (NoSuchFileException e) {
      throw refuse(
          "is not there",
          REMEDY + "\nOr have one made at start: keepgate.security.create-keys-file=true");
    } catch (IOException e) {
      throw refuse("cannot be read: " + e.getMessage(), "Let the server read the file.");
    }
  }

  /**
   * The keys that a file of these bytes has.
   *
   * @throws KeysFileException that names the entry at fault
   */
  Keys parse(byte[] bytes) {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(Math.toIntExact(limit));
    options.setAllowDuplicateKeys(false);
    // An entry needs no other's parts, and one that had itself for a part would never end.
    options.setMaxAliasesForCollections(0);
    Object root;
    try {
      root = new Yaml(new SafeConstructor(options)).load(new String(bytes, StandardCharsets.UTF_8));
    } catch (MarkedYAMLException e) {
      // Its message would quote the line, and perhaps a key that somebody wrote into it.
      int line = e.getProblemMark() == null ? 0 : e.getProblemMark().getLine() + 1;
      throw refuse("is not YAML, at line %d: %s".formatted(line, e.getProblem()), REMEDY);
    } catch (YAMLException e) {
      throw refuse("is not YAML", REMEDY);
    }
    if (!(root instanceof Map<?, ?> map)
        || !map.keySet().equals(Set.of("keys"))
        || !(map.get("keys") instanceof List<?> list)) {
      throw refuse("has to have a list 'keys', and nothing else", REMEDY);
    }
    return keys(list);
  }

  private Keys keys(List<?> list) {
    List<Keys.Entry> entries = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Set<String> hashes = new HashSet<>();
    for (int i = 0; i < list.size(); i++) {
      Fields fields = new Fields("keys[%d]".formatted(i), list.get(i));
      Keys.Entry entry = fields.entry();
      if (!names.add(entry.caller().name())) {
        throw fields.refuse("name", "is another's, too: names are unique");
      }
      if (!hashes.add(HexFormat.of().formatHex(entry.sha256()))) {
        throw fields.refuse("sha256", "is another's, too: every key has its own");
      }
      entries.add(entry);
    }
    return new Keys(entries);
  }

  private KeysFileException refuse(String fault, String remedy) {
    return new KeysFileException(path, fault, remedy);
  }

  /** An entry as it is written. */
  static String entry(String name, ApiKey key, Collection<Role> roles) {
    return "  - name: %s\n    sha256: %s\n    roles: [%s]\n"
        .formatted(
            quoted(name),
            quoted(key.sha256()),
            roles.stream().map(Role::label).collect(Collectors.joining(", ")));
  }

  /** In quotes where YAML takes it for something else than a text, such as a number. */
  private static String quoted(String text) {
    return new Resolver().resolve(NodeId.scalar, text, true).equals(Tag.STR)
        ? text
        : "'" + text + "'";
  }

  /** The fields of one entry. */
  private final class Fields {

    private static final Set<String> KNOWN =
        Set.of("name", "sha256", "roles", "requests-per-second", "open-sequences");

    private final String where;
    private final Map<?, ?> map;

    Fields(String where, @Nullable Object entry) {
      this.where = where;
      if (!(entry instanceof Map<?, ?> fields)) {
        throw KeysFile.this.refuse(where + " is no entry of fields", REMEDY);
      }
      this.map = fields;
      for (Object field : fields.keySet()) {
        if (!(field instanceof String known) || !KNOWN.contains(known)) {
          throw KeysFile.this.refuse(
              "%s has a field that is unknown; known are %s"
                  .formatted(where, String.join(", ", KNOWN.stream().sorted().toList())),
              REMEDY);
        }
      }
    }

    KeysFileException refuse(String field, String fault) {
      return KeysFile.this.refuse(where + "." + field + " " + fault, REMEDY);
    }

    Keys.Entry entry() {
      String name = text("name", NAME, "is 1 to 64 letters, digits and '.', '_', '-'");
      String hash = text("sha256", SHA256, "is the SHA-256 of a key: 64 hex digits");
      Caller.Limits limits =
          new Caller.Limits(bound("requests-per-second"), bound("open-sequences"));
      return new Keys.Entry(HexFormat.of().parseHex(hash), Caller.ofKey(name, roles(), limits));
    }

    /** What YAML takes for a number is none here: a name or a hash may have digits alone. */
    private String text(String field, Pattern form, String rule) {
      if (map.get(field) instanceof String value && form.matcher(value).matches()) {
        return value;
      }
      throw refuse(field, rule + "; in quotes where it has digits alone");
    }

    private Set<Role> roles() {
      EnumSet<Role> roles = EnumSet.noneOf(Role.class);
      if (map.get("roles") instanceof List<?> list) {
        for (Object role : list) {
          roles.add(
              Optional.of(role)
                  .filter(String.class::isInstance)
                  .flatMap(label -> Role.of((String) label))
                  .orElseThrow(() -> refuse("roles", "are of " + Role.labels())));
        }
      }
      if (roles.isEmpty()) {
        throw refuse("roles", "is a list of at least one of " + Role.labels());
      }
      return roles;
    }

    private int bound(String field) {
      Object value = map.get(field);
      if (value == null && !map.containsKey(field)) {
        return 0;
      }
      if (value instanceof Integer number && number > 0) {
        return number;
      }
      throw refuse(field, "is a whole number of at least 1; without it there is no bound");
    }
  }
}

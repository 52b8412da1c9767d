package dev.keepgate.security;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The keys that are valid, by their hashes: whoever reads them cannot use them. */
final class Keys {

  static final Keys NONE = new Keys(List.of());

  /** A hash as a map's key: it compares by content. */
  private record Hash(long a, long b, long c, long d) {
    static Hash of(byte[] sha256) {
      ByteBuffer bytes = ByteBuffer.wrap(sha256);
      return new Hash(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
    }
  }

  /**
   * One key.
   *
   * @param sha256 its hash, of 32 bytes
   * @param caller who sends it
   */
  record Entry(byte[] sha256, Caller caller) {}

  private final Map<Hash, Caller> callers;
  private final Map<String, Caller> byName;

  Keys(List<Entry> entries) {
    Map<Hash, Caller> map = new HashMap<>();
    entries.forEach(entry -> map.put(Hash.of(entry.sha256()), entry.caller()));
    this.callers = map;
    this.byName =
        map.values().stream().collect(Collectors.toUnmodifiableMap(Caller::name, each -> each));
  }

  /**
   * Whose key this is; null where it is nobody's. How long this takes tells nothing of the keys: a
   * client cannot choose the hash of what it sends.
   */
  @Nullable Caller find(String key) {
    return callers.get(Hash.of(ApiKey.digest(key)));
  }

  /** Who has the key of a name now; null where there is none of that name. */
  @Nullable Caller named(String name) {
    return byName.get(name);
  }

  /** Of all of them. */
  Set<String> names() {
    return byName.keySet();
  }

  int size() {
    return callers.size();
  }
}

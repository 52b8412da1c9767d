package dev.keepgate.api.kafka;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.WriteBufferManager;

/**
 * One bound of memory for the stores of states of all partitions. Without it each takes up to 98 MB
 * of its own. As Kafka Streams' documentation of RocksDB's memory says.
 */
public final class StateMemory implements RocksDBConfigSetter {

  /** Bytes that all stores take together. */
  static final String BYTES = "keepgate.state.memory.bytes";

  private static final long LARGEST_BUFFER = 16L << 20;

  /** Of the whole, for indexes and filters, which are not thrown out by data. */
  private static final double INDEXES = 0.1;

  /** As long as the process: stores of one that ends may still be open when the next begins. */
  private static final Map<Long, Shared> SHARED = new ConcurrentHashMap<>();

  /** What is written lies in the cache's memory too, half of it at most. */
  private record Shared(Cache cache, WriteBufferManager written) {
    static Shared of(long bytes) {
      Cache cache = new LRUCache(bytes, -1, false, INDEXES);
      return new Shared(cache, new WriteBufferManager(bytes / 2, cache));
    }
  }

  @Override
  public void setConfig(String store, Options options, Map<String, Object> settings) {
    long bytes = Long.parseLong(String.valueOf(settings.get(BYTES)));
    Shared shared = SHARED.computeIfAbsent(bytes, Shared::of);
    BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
    table.setBlockCache(shared.cache());
    table.setCacheIndexAndFilterBlocks(true);
    table.setCacheIndexAndFilterBlocksWithHighPriority(true);
    table.setPinTopLevelIndexAndFilter(true);
    options.setTableFormatConfig(table);
    options.setWriteBufferManager(shared.written());
    options.setWriteBufferSize(Math.min(LARGEST_BUFFER, bytes / 8));
  }

  @Override
  public void close(String store, Options options) {}
}

package dev.keepgate.importer.file.hdf5;

import io.jhdf.Constants;
import io.jhdf.GroupSymbolTableNode;
import io.jhdf.LocalHeap;
import io.jhdf.ObjectHeader;
import io.jhdf.Superblock;
import io.jhdf.Superblock.SuperblockV0V1;
import io.jhdf.Superblock.SuperblockV2V3;
import io.jhdf.SymbolTableEntry;
import io.jhdf.Utils;
import io.jhdf.btree.BTreeV1;
import io.jhdf.exceptions.HdfException;
import io.jhdf.object.message.DataSpaceMessage;
import io.jhdf.object.message.LinkInfoMessage;
import io.jhdf.object.message.LinkMessage;
import io.jhdf.object.message.SymbolTableMessage;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/** Finds all groups and datasets of a file, by path, following hard links only. */
final class Hdf5Tree {

  /** Deeper than any framework's; a cycle is endlessly deep. */
  private static final int MAX_DEPTH = 32;

  private static final int SOFT_LINK = 2;

  private final BoundedStorage storage;
  private final int maxDatasets;
  private final Map<String, ObjectHeader> groups = new LinkedHashMap<>();
  private final Map<String, ObjectHeader> datasets = new LinkedHashMap<>();

  private Hdf5Tree(BoundedStorage storage, int maxDatasets) {
    this.storage = storage;
    this.maxDatasets = maxDatasets;
  }

  /**
   * Walks the whole tree.
   *
   * @throws BoundedStorage.ExceededException if it holds more datasets than are allowed
   * @throws HdfException if it is damaged, too deep, or holds links to other places
   */
  static Hdf5Tree read(BoundedStorage storage, Superblock superblock, int maxDatasets) {
    Hdf5Tree tree = new Hdf5Tree(storage, maxDatasets);
    tree.visit("", root(storage, superblock), 0);
    return tree;
  }

  private static long root(BoundedStorage storage, Superblock superblock) {
    if (superblock instanceof SuperblockV0V1 old) {
      return new SymbolTableEntry(storage, old.getRootGroupSymbolTableAddress())
          .getObjectHeaderAddress();
    }
    if (superblock instanceof SuperblockV2V3 recent) {
      return recent.getRootGroupObjectHeaderAddress();
    }
    throw new HdfException("the superblock is of an unknown version");
  }

  /** Groups by path; the root's is empty. */
  Map<String, ObjectHeader> groups() {
    return groups;
  }

  /** Datasets by path. */
  Map<String, ObjectHeader> datasets() {
    return datasets;
  }

  private void visit(String path, long address, int depth) {
    if (depth > MAX_DEPTH) {
      throw new HdfException("groups lie more than %d deep".formatted(MAX_DEPTH));
    }
    ObjectHeader header = ObjectHeader.readObjectHeader(storage, address);
    if (header.hasMessageOfType(DataSpaceMessage.class)) {
      datasets.put(path, header);
      if (datasets.size() > maxDatasets) {
        throw new BoundedStorage.ExceededException();
      }
    } else if (header.hasMessageOfType(SymbolTableMessage.class)) {
      groups.put(path, header);
      visitTable(path, header.getMessageOfType(SymbolTableMessage.class), depth);
    } else if (header.hasMessageOfType(LinkInfoMessage.class)) {
      groups.put(path, header);
      visitLinks(path, header, depth);
    }
  }

  private void visitTable(String path, SymbolTableMessage table, int depth) {
    BTreeV1 nodes = BTreeV1.createGroupBTree(storage, table.getBTreeAddress());
    ByteBuffer names = new LocalHeap(storage, table.getLocalHeapAddress()).getDataBuffer();
    for (long node : nodes.getChildAddresses()) {
      for (SymbolTableEntry entry :
          new GroupSymbolTableNode(storage, node).getSymbolTableEntries()) {
        String child = join(path, Utils.readUntilNull(names.position(entry.getLinkNameOffset())));
        if (entry.getCacheType() == SOFT_LINK) {
          throw new HdfException("'%s' is a link to another place".formatted(child));
        }
        visit(child, entry.getObjectHeaderAddress(), depth + 1);
      }
    }
  }

  private void visitLinks(String path, ObjectHeader header, int depth) {
    if (header.getMessageOfType(LinkInfoMessage.class).getBTreeNameIndexAddress()
        != Constants.UNDEFINED_ADDRESS) {
      throw new HdfException(
          "the links of '%s' lie in a heap; save without libver".formatted(path));
    }
    for (LinkMessage link : header.getMessagesOfType(LinkMessage.class)) {
      String child = join(path, link.getLinkName());
      if (link.getLinkType() != LinkMessage.LinkType.HARD) {
        throw new HdfException("'%s' is a link to another place".formatted(child));
      }
      visit(child, link.getHardLinkAddress(), depth + 1);
    }
  }

  private static String join(String path, String name) {
    return path.isEmpty() ? name : path + "/" + name;
  }
}

package dev.keepgate.registry.repository;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file beside a version's files that says which making of its number they are. Importers pass
 * over names that start with a dot.
 */
final class RevisionFile {

  private static final Logger log = LoggerFactory.getLogger(RevisionFile.class);
  private static final String NAME = ".revision";
  private static final int MAX_BYTES = 1 << 10;

  private RevisionFile() {}

  /** Puts a file in its place, which is on the same disk. */
  private interface Placing {
    void place(Path made, Path place) throws IOException;
  }

  /** What a folder's file says; null where there is none, or one that says nothing. */
  static @Nullable Revision read(Path folder) throws IOException {
    try (InputStream in = Files.newInputStream(folder.resolve(NAME))) {
      return decode(in.readNBytes(MAX_BYTES));
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** Writes the file into a folder that nobody reads yet. */
  static void write(Path folder, Revision revision) throws IOException {
    Files.write(folder.resolve(NAME), encode(revision));
  }

  /**
   * Puts the file into a folder, durably, in the place of any.
   *
   * @param work an empty folder on the same disk
   */
  static void put(Path folder, Revision revision, Path work) throws IOException {
    place(
        folder,
        revision,
        work,
        (made, place) -> Files.move(made, place, StandardCopyOption.ATOMIC_MOVE));
  }

  /**
   * Puts the file into a folder unless one is there of the same files, as another server of this
   * folder may have put there just now; what the file says from then on.
   *
   * @param work an empty folder on the same disk
   */
  static Revision putFirst(Path folder, Revision revision, Path work) throws IOException {
    try {
      place(folder, revision, work, (made, place) -> Files.createLink(place, made));
      return revision;
    } catch (FileAlreadyExistsException e) {
      Revision first = read(folder);
      if (first != null && first.digest().equals(revision.digest())) {
        return first;
      }
      log.debug("What {} says is of other files", folder);
    } catch (UnsupportedOperationException e) {
      log.debug("{} has no links", folder, e);
    }
    put(folder, revision, work);
    return revision;
  }

  private static void place(Path folder, Revision revision, Path work, Placing placing)
      throws IOException {
    write(work, revision);
    Disk.syncTree(work);
    placing.place(work.resolve(NAME), folder.resolve(NAME));
    Disk.syncFolder(folder);
  }

  static byte[] encode(Revision revision) {
    return (revision.id() + " " + revision.digest() + "\n").getBytes(StandardCharsets.US_ASCII);
  }

  /** Null where this is no revision: whoever wrote it, it was not us. */
  static @Nullable Revision decode(byte[] bytes) {
    String[] words = new String(bytes, StandardCharsets.US_ASCII).strip().split(" ");
    return words.length == 2 && !words[0].isEmpty() ? new Revision(words[0], words[1]) : null;
  }
}

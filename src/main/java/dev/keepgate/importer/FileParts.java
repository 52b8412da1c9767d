package dev.keepgate.importer;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What becomes of the files of an upload before an importer reads them. */
public interface FileParts {

  /** All files as they are. */
  FileParts AS_THEY_ARE =
      new FileParts() {
        @Override
        public Sorted sort(ModelFiles files) {
          return new Sorted(files, List.of());
        }

        @Override
        public @Nullable Unpacked unpack(ModelFiles files, ImportLimits limits) {
          return null;
        }

        @Override
        public ImportException unknown(ModelFiles files, List<String> formats) {
          return ImportException.malformed(
              "the file is of no format that is known here: " + formats);
        }
      };

  /**
   * The files of a model, and those beside it.
   *
   * @param model that may hold it
   * @param descriptions names of texts, which tell of it and have no number in it
   */
  record Sorted(ModelFiles model, List<String> descriptions) {
    public Sorted {
      descriptions = List.copyOf(descriptions);
    }
  }

  /** The files of an archive, deleted when closed. */
  interface Unpacked extends Closeable {
    ModelFiles files();
  }

  /**
   * Tells descriptions from what may be a model.
   *
   * @throws ImportException if a description says what only the configuration may
   */
  Sorted sort(ModelFiles files) throws IOException, ImportException;

  /**
   * Takes the files out of an archive.
   *
   * @return null where the file is no archive
   * @throws ImportException if it is damaged, larger than allowed, or of a kind that is not read
   */
  @Nullable Unpacked unpack(ModelFiles files, ImportLimits limits)
      throws IOException, ImportException;

  /**
   * The refusal of files that no importer knows: what they are, and what to do.
   *
   * @param formats that are read
   */
  ImportException unknown(ModelFiles files, List<String> formats) throws IOException;
}

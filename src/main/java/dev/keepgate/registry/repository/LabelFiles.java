package dev.keepgate.registry.repository;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.VersionLabel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The labels of models' versions, a file {@code <root>/<model>/.labels} a model: a line {@code
 * stable 3} a label, {@code canary 4 weight=0.1} or {@code next 5 shadow=0.5}. Nobody takes it for
 * a version: its name starts with a dot.
 */
public final class LabelFiles {

  private static final Logger log = LoggerFactory.getLogger(LabelFiles.class);
  private static final String NAME = ".labels";
  private static final int MAX_BYTES = 1 << 20;

  private final ModelRepository repository;

  public LabelFiles(ModelRepository repository) {
    this.repository = repository;
  }

  /**
   * The labels of all models that have any.
   *
   * @throws IOException if a file cannot be read, or says what no label is
   */
  public Map<String, SortedMap<String, VersionLabel>> read() throws IOException {
    Map<String, SortedMap<String, VersionLabel>> labels = new HashMap<>();
    for (Path folder : Disk.entries(repository.root(), "[!.]*")) {
      String name = folder.getFileName().toString();
      Path file = folder.resolve(NAME);
      if (ModelId.isName(name) && Files.isRegularFile(file)) {
        try {
          labels.put(name, parse(file));
        } catch (NoSuchFileException e) {
          log.debug("{} was just taken away", file);
        }
      }
    }
    return labels;
  }

  private static SortedMap<String, VersionLabel> parse(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw damaged(file, "it is longer than 1 MiB");
    }
    SortedMap<String, VersionLabel> labels = new TreeMap<>();
    for (String line : Files.readString(file).lines().toList()) {
      String[] words = line.strip().split(" ", 2);
      @Nullable VersionLabel target = words.length == 2 ? VersionLabel.parse(words[1]) : null;
      if (target == null || !ModelId.isLabel(words[0]) || labels.put(words[0], target) != null) {
        throw damaged(file, "'" + line + "' is no label and version");
      }
    }
    return labels;
  }

  private static IOException damaged(Path file, String fault) {
    return new IOException(
        file + " is damaged: " + fault + "; mend it, or delete it and label the versions again");
  }

  /** Writes all labels of a model, durably, in the place of those that were. */
  public void write(String name, SortedMap<String, VersionLabel> labels) throws IOException {
    repository.requirePresent();
    repository.requireOwn(name);
    Path folder = Files.createDirectories(repository.root().resolve(name));
    if (labels.isEmpty()) {
      Files.deleteIfExists(folder.resolve(NAME));
    } else {
      try (WorkFolder.Part part = repository.newPart("labels")) {
        Path made = part.path().resolve(NAME);
        Files.write(made, text(labels).getBytes(StandardCharsets.US_ASCII));
        Disk.syncTree(part.path());
        Files.move(made, folder.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
      }
    }
    Disk.syncFolder(folder);
    Disk.syncFolder(repository.root());
  }

  private static String text(SortedMap<String, VersionLabel> labels) {
    StringBuilder text = new StringBuilder();
    labels.forEach(
        (label, target) -> text.append(label).append(' ').append(target.text()).append('\n'));
    return text.toString();
  }
}

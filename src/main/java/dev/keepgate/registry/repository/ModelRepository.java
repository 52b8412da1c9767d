package dev.keepgate.registry.repository;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.RegistryProperties;
import dev.keepgate.registry.StorageFault;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of models, {@code <root>/<model>/<version>/}. One model may be named that lies in the
 * folder itself: as files, which are its version 1, or as {@code <root>/<version>/}.
 *
 * <p>A version comes in and goes out by one rename between the repository and a {@link WorkFolder}
 * on the same disk, after its content was synced and before its place is: a crash at any moment
 * leaves a whole version or none. Of two that bring the same version at once, in this process or in
 * another, one rename succeeds.
 */
public final class ModelRepository implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ModelRepository.class);
  private static final String DISPLACED = ".displaced";
  private static final int RENAME_ATTEMPTS = 10;

  private final Path root;
  private final @Nullable String singleModel;
  private final long minFree;
  private final Set<Path> reported = ConcurrentHashMap.newKeySet();
  private @Nullable WorkFolder work;

  private ModelRepository(Path root, @Nullable String singleModel, long minFree) {
    this.root = root;
    this.singleModel = singleModel;
    this.minFree = minFree;
  }

  /** Opens the folder, makes it where there is none, and sweeps what crashes left in it. */
  public static ModelRepository open(RegistryProperties.Repository properties) throws IOException {
    Files.createDirectories(properties.path());
    ModelRepository repository =
        new ModelRepository(
            properties.path().toRealPath(),
            properties.singleModel(),
            properties.minFree().toBytes());
    if (Files.isWritable(repository.root)) {
      WorkFolder.sweep(repository.root);
    }
    return repository;
  }

  public Path root() {
    return root;
  }

  /** What is the matter with the disk; null where models can be stored. */
  public @Nullable StorageFault fault() {
    return DiskFaults.now(root, minFree);
  }

  /** The exception for a failure of the disk; how it failed goes to the log alone. */
  public RegistryException.StorageFailure failure(String doing, IOException cause) {
    return DiskFaults.failure(doing, cause, root);
  }

  /**
   * Looks whether the folder is there at all: what a folder that has gone does not hold may come
   * back with it.
   */
  public void requirePresent() throws NoSuchFileException {
    if (!Files.isDirectory(root)) {
      throw new NoSuchFileException(root.toString());
    }
  }

  /** A folder for files that are on their way in, on the repository's disk. */
  public UploadFolder newUpload() throws IOException {
    return new UploadFolder(work().newFolder("upload"), root);
  }

  /**
   * A folder for an upload.
   *
   * @param bytes that will come; 0 where that is not known
   * @throws RegistryException.StorageFailure if there is no room for them
   */
  public UploadFolder newUpload(long bytes) throws IOException {
    requirePresent();
    UploadFolder upload = newUpload();
    if (Files.getFileStore(root).getUsableSpace() - minFree < bytes) {
      upload.close();
      throw new RegistryException.StorageFailure(
          "there is no room for an upload of %,d bytes".formatted(bytes), StorageFault.FULL, null);
    }
    return upload;
  }

  /** As {@link #scan()}, of one name alone. */
  public Map<ModelId, String> scan(String name) throws IOException {
    Map<ModelId, String> versions = new TreeMap<>();
    if (name.equals(singleModel)) {
      scanSingleModel(name, versions);
    }
    Path model = root.resolve(name);
    if (Files.isDirectory(model) && !isOfSingleModel(model)) {
      scanModel(model, versions);
    }
    return versions;
  }

  /**
   * The versions there are, each with a stamp that changes when its files do. What is no version is
   * logged once and passed over.
   */
  public Map<ModelId, String> scan() throws IOException {
    Map<ModelId, String> versions = new TreeMap<>();
    if (singleModel != null) {
      scanSingleModel(singleModel, versions);
    }
    for (Path model : Disk.entries(root, "[!.]*")) {
      if (isOfSingleModel(model)) {
        continue;
      }
      if (Files.isDirectory(model) && ModelId.isName(model.getFileName().toString())) {
        scanModel(model, versions);
      } else {
        report(model, "is not a model's folder");
      }
    }
    return versions;
  }

  /** Whether an entry of the root is a file or a version's folder of the model that lies there. */
  private boolean isOfSingleModel(Path entry) {
    return singleModel != null
        && (Files.isRegularFile(entry)
            || ModelId.parseVersion(entry.getFileName().toString()).isPresent());
  }

  private void scanSingleModel(String name, Map<ModelId, String> versions) throws IOException {
    for (Path entry : Disk.entries(root, "[!.]*")) {
      OptionalLong version = ModelId.parseVersion(entry.getFileName().toString());
      if (Files.isDirectory(entry) && version.isPresent()) {
        versions.put(new ModelId(name, version.getAsLong()), Disk.stamp(entry));
      }
    }
    ModelId first = new ModelId(name, 1);
    if (folder(first).equals(root)) {
      versions.put(first, Disk.stamp(root));
    }
  }

  private void scanModel(Path model, Map<ModelId, String> versions) {
    try {
      for (Path folder : Disk.entries(model, "[!.]*")) {
        OptionalLong version = ModelId.parseVersion(folder.getFileName().toString());
        if (Files.isDirectory(folder) && version.isPresent()) {
          ModelId id = new ModelId(model.getFileName().toString(), version.getAsLong());
          versions.put(id, Disk.stamp(folder));
        } else {
          report(folder, "is not a version's folder: " + ModelId.VERSION_RULE);
        }
      }
    } catch (NoSuchFileException e) {
      log.debug("{} was removed while it was looked at", model);
    } catch (IOException e) {
      report(model, "cannot be read (" + e + ")");
    }
  }

  private void report(Path path, String fault) {
    if (reported.add(path)) {
      log.warn("{} {}; it is passed over", path, fault);
    }
  }

  public boolean exists(ModelId id) {
    return Files.exists(folder(id), LinkOption.NOFOLLOW_LINKS);
  }

  /** The highest version of a name; 0 where there is none. */
  public long highest(String name) throws IOException {
    try {
      return Disk.entries(root.resolve(name), "[1-9]*").stream()
          .mapToLong(folder -> ModelId.parseVersion(folder.getFileName().toString()).orElse(0))
          .max()
          .orElse(0);
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  /**
   * Looks at a version's files.
   *
   * @throws NoSuchFileException if there is no such version
   */
  public ModelSource source(ModelId id) throws IOException, ImportException {
    Path folder = folder(id);
    if (!folder.toRealPath().startsWith(root)) {
      throw ImportException.unsupported(
          id.toString(), "is a link that leads out of the repository");
    }
    return ModelSource.in(folder, root);
  }

  /**
   * Makes an upload a version, durably; the upload's folder is no more after that.
   *
   * @throws FileAlreadyExistsException if the version exists
   */
  public void commit(UploadFolder upload, ModelId id) throws IOException {
    Disk.syncTree(upload.folder());
    moveIn(upload.folder(), id);
    try {
      Disk.syncFolder(modelFolder(id));
      Disk.syncFolder(root);
    } catch (IOException e) {
      remove(id);
      throw e;
    }
  }

  /**
   * As {@link #commit}.
   *
   * @return false where the version exists
   */
  public boolean tryCommit(UploadFolder upload, ModelId id) throws IOException {
    try {
      commit(upload, id);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }

  private void moveIn(Path folder, ModelId id) throws IOException {
    for (int attempt = 1; ; attempt++) {
      requireOwn(id.name());
      Files.createDirectories(root.resolve(id.name()));
      try {
        Files.move(folder, folder(id), StandardCopyOption.ATOMIC_MOVE);
        return;
      } catch (NoSuchFileException e) {
        // The model's last version was removed just now, and its folder with it.
        if (attempt == RENAME_ATTEMPTS) {
          throw e;
        }
      } catch (IOException e) {
        if (exists(id)) {
          throw new FileAlreadyExistsException(folder(id).toString());
        }
        deleteIfEmpty(root.resolve(id.name()));
        throw e;
      }
    }
  }

  /**
   * Takes a version out, durably. Does nothing where there is none. Of a version's folder that is a
   * link, the link alone goes.
   *
   * @throws RegistryException.Unchangeable if it lies where the server must not change anything
   */
  void remove(ModelId id) throws IOException {
    if (!folder(id).startsWith(root.resolve(id.name()))) {
      throw new RegistryException.Unchangeable(
          id.name(), "its files lie in the repository's own folder; remove them there");
    }
    Path trash = newTrash();
    try {
      moveOut(id, trash);
    } catch (NoSuchFileException e) {
      log.warn("{} had gone from the repository before it was removed", id);
    } finally {
      Disk.discard(trash);
    }
  }

  /**
   * Where a version goes to be deleted. A full disk may have no room for a folder to work in; what
   * goes to the root itself then is swept like one if this process dies.
   */
  private Path newTrash() {
    try {
      return work().newPlace();
    } catch (IOException e) {
      log.debug("There is no folder to work in", e);
      return WorkFolder.newPlaceWithout(root);
    }
  }

  /**
   * Takes one revision of a version out, durably, and no other that another process may have put
   * there meanwhile.
   */
  public void remove(ModelId id, Revision revision) throws IOException {
    Path trash = newTrash();
    try {
      if (isOther(revision, RevisionFile.read(folder(id)))) {
        return;
      }
      moveOut(id, trash);
      if (isOther(revision, RevisionFile.read(trash))) {
        moveIn(trash, id);
        Disk.syncFolder(modelFolder(id));
      }
    } catch (NoSuchFileException e) {
      log.debug("{} was removed by another", id);
    } finally {
      Disk.discard(trash);
    }
  }

  /**
   * Takes a version out where there is one. Of one that is built in, the disk keeps that it was
   * removed.
   *
   * @param revision of which alone it may be; null for any
   */
  public void removeIfPresent(ModelId id, @Nullable Revision revision) throws IOException {
    if (exists(id)) {
      if (revision == null) {
        remove(id);
      } else {
        remove(id, revision);
      }
    }
    BuiltInModels.recordRemoval(root, id);
  }

  private static boolean isOther(Revision revision, @Nullable Revision found) {
    return found != null && !found.id().equals(revision.id());
  }

  private void moveOut(ModelId id, Path target) throws IOException {
    Path model = modelFolder(id);
    Files.move(folder(id), target, StandardCopyOption.ATOMIC_MOVE);
    syncRemoval(model);
  }

  /**
   * Puts a version's files aside, where nothing looks for versions; their new place.
   *
   * @throws NoSuchFileException if there is no such version
   */
  public Path displace(ModelId id) throws IOException {
    Path aside = Files.createDirectories(root.resolve(DISPLACED));
    Path place = Files.createTempDirectory(aside, id.name() + "-" + id.version() + "-");
    moveOut(id, place.resolve(Long.toString(id.version())));
    Disk.syncFolder(place);
    Disk.syncFolder(aside);
    return place;
  }

  /** Which making of a version lies here; null where its files do not say. */
  public @Nullable Revision revision(ModelId id) throws IOException {
    return RevisionFile.read(folder(id));
  }

  /** Says, durably, which making of a version lies here. */
  public void mark(ModelId id, Revision revision) throws IOException {
    try (WorkFolder.Part part = newPart("mark")) {
      RevisionFile.put(folder(id), revision, part.path());
    }
  }

  /**
   * Says so unless it is said already of the same files, as another server of this folder may have
   * done just now; what is said from then on.
   */
  public Revision markFirst(ModelId id, Revision revision) throws IOException {
    try (WorkFolder.Part part = newPart("mark")) {
      return RevisionFile.putFirst(folder(id), revision, part.path());
    }
  }

  /** The names, sizes and digests of a version's files. */
  public Manifest manifest(ModelId id) throws IOException {
    return Manifest.of(folder(id));
  }

  /** Has to come before the files are deleted: else a crash may bring back a part of them. */
  private void syncRemoval(Path model) {
    try {
      Disk.syncFolder(model);
      deleteIfEmpty(model);
    } catch (IOException e) {
      log.warn("A crash may bring back what was removed from {}: {}", model, e.toString());
    }
    try {
      Disk.syncFolder(root);
    } catch (IOException e) {
      log.warn("A crash may bring back what was removed from {}: {}", root, e.toString());
    }
  }

  private static void deleteIfEmpty(Path model) {
    try {
      Files.delete(model);
    } catch (NoSuchFileException | DirectoryNotEmptyException e) {
      log.debug("{} stays, or went with another of its versions", model);
    } catch (IOException e) {
      log.warn("Could not delete {}: {}", model, e.toString());
    }
  }

  /**
   * Looks whether a model's versions lie in a folder of their own, if they lie anywhere: what a
   * link leads to may be another model's, or none of the repository's.
   *
   * @throws RegistryException.Unchangeable if they do not
   */
  public void requireOwn(String name) {
    Path model = root.resolve(name);
    if (Files.isSymbolicLink(model)) {
      throw new RegistryException.Unchangeable(
          name,
          "its folder in the repository is a symbolic link; change what it leads to, or remove the"
              + " link");
    }
    if (Files.exists(model) && !Files.isDirectory(model)) {
      throw new RegistryException.Unchangeable(
          name, "in the repository a file has the name that its folder would have; move it away");
    }
  }

  /** The folder of a model's versions, which must exist. */
  private Path modelFolder(ModelId id) throws IOException {
    requireOwn(id.name());
    return root.resolve(id.name()).toRealPath();
  }

  public Path folder(ModelId id) {
    String version = Long.toString(id.version());
    Path own = root.resolve(id.name()).resolve(version);
    if (!id.name().equals(singleModel) || Files.exists(own, LinkOption.NOFOLLOW_LINKS)) {
      return own;
    }
    if (Files.isDirectory(root.resolve(version))) {
      return root.resolve(version);
    }
    return id.version() == 1 && hasFiles() ? root : own;
  }

  private boolean hasFiles() {
    try {
      return Disk.entries(root, "[!.]*").stream()
          .anyMatch(
              entry ->
                  Files.isRegularFile(entry)
                      && ModelSource.isFileName(entry.getFileName().toString()));
    } catch (IOException e) {
      return false;
    }
  }

  /** Made when it is first needed: a repository that is only read may be read-only. */
  /** A folder on the repository's disk for one piece of work. */
  WorkFolder.Part newPart(String prefix) throws IOException {
    return work().newPart(prefix);
  }

  private synchronized WorkFolder work() throws IOException {
    WorkFolder present = work;
    if (present != null && !present.exists()) {
      // It went with the repository's folder, which came back without it.
      work = null;
      present.close();
    }
    if (work == null) {
      work = WorkFolder.create(root);
    }
    return work;
  }

  @Override
  public synchronized void close() throws IOException {
    if (work != null) {
      work.close();
      work = null;
    }
  }
}

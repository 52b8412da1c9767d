package dev.keepgate.registry.version;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.VersionLabel;
import dev.keepgate.registry.repository.ModelRepository;
import dev.keepgate.registry.repository.Revision;
import dev.keepgate.registry.repository.UploadFolder;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The storage of a server without replicas: its folder, and nothing to agree on. */
record LocalStorage(ModelRepository repository) implements VersionStorage {

  @Override
  public boolean isReplicated() {
    return false;
  }

  @Override
  public long highest(String name) throws IOException {
    return repository.highest(name);
  }

  @Override
  public boolean store(ModelVersion version, UploadFolder upload) throws IOException {
    return repository.tryCommit(upload, version.id());
  }

  @Override
  public boolean isSameElsewhere(ModelId id, UploadFolder upload) {
    return false;
  }

  @Override
  public void remove(ModelId id, @Nullable Revision revision) throws IOException {
    repository.removeIfPresent(id, revision);
  }

  @Override
  public void label(ModelVersion version, String label, VersionLabel target) {}

  @Override
  public void unlabel(String name, String label) {}

  @Override
  public void identify(ModelVersion version) {}
}

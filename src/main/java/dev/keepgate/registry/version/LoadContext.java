package dev.keepgate.registry.version;

import dev.keepgate.registry.repository.ModelRepository;

/**
 * What it takes to make a version serve.
 *
 * @param storage where its files are
 * @param loader makes them a model
 * @param versions where it serves
 * @param labels by which it is asked for
 * @param threads that do it
 */
record LoadContext(
    VersionStorage storage,
    ModelLoader loader,
    VersionTable versions,
    VersionLabels labels,
    LoadThreads threads) {

  ModelRepository repository() {
    return storage.repository();
  }
}

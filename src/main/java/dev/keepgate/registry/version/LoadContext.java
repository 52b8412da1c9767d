package dev.keepgate.registry.version;

import dev.keepgate.registry.repository.ModelRepository;

/**
 * What it takes to make a version serve.
 *
 * @param storage where its files are
 * @param loader makes them a model
 * @param versions where it serves
 * @param threads that do it
 */
record LoadContext(
    VersionStorage storage, ModelLoader loader, VersionTable versions, LoadThreads threads) {

  ModelRepository repository() {
    return storage.repository();
  }
}

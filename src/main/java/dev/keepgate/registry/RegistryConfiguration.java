package dev.keepgate.registry;

import dev.keepgate.importer.Importers;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.memory.MemoryPlan;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class RegistryConfiguration {

  @Bean
  ModelRegistry modelRegistry(
      RegistryProperties properties,
      MemoryPlan memory,
      ReplicaProperties replicas,
      LstmKernel kernel,
      Importers importers,
      ObjectProvider<ModelListener> listeners,
      ObjectProvider<SharedCatalog> catalog)
      throws IOException {
    requireFolders(properties.repository(), replicas);
    try {
      return new ModelRegistry(
          properties.within(memory),
          kernel,
          importers,
          listeners.orderedStream().toList(),
          catalog.getIfAvailable(),
          Clock.systemUTC());
    } catch (FileSystemException e) {
      throw new InvalidConfigurationPropertyValueException(
          "keepgate.repository.path",
          properties.repository().path(),
          "the folder is not there and cannot be made, or cannot be read: " + e);
    }
  }

  /** Replicas exchange folders of versions, which the files of a single model have not. */
  private static void requireFolders(
      RegistryProperties.Repository repository, ReplicaProperties replicas) {
    String singleModel = repository.singleModel();
    if (singleModel != null && replicas.share() != ReplicaProperties.Share.NONE) {
      throw new InvalidConfigurationPropertyValueException(
          "keepgate.repository.single-model",
          singleModel,
          "it does not go with keepgate.replicas.share=redis; put the model's files into"
              + " <path>/<model>/<version>/ and leave single-model out, or set"
              + " keepgate.replicas.share=none");
    }
  }

  @Bean
  RepositoryWatch repositoryWatch(
      ModelRegistry registry,
      RegistryProperties properties,
      ReplicaProperties replicas,
      ObjectProvider<SharedCatalog> catalog,
      ObjectProvider<ReplicaListener> listeners) {
    SharedCatalog shared = catalog.getIfAvailable();
    Reconciler reconciler =
        shared == null
            ? null
            : new Reconciler(
                registry,
                new Replication(registry, shared, listeners.orderedStream().toList()),
                replicas.interval(),
                properties.repository().loadParallelism());
    return new RepositoryWatch(registry, properties.repository(), reconciler);
  }
}

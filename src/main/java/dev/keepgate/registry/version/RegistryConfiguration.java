package dev.keepgate.registry.version;

import dev.keepgate.importer.Importers;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.memory.MemoryPlan;
import dev.keepgate.registry.AnswerCheck;
import dev.keepgate.registry.ModelListener;
import dev.keepgate.registry.RegistryProperties;
import dev.keepgate.registry.ReplicaProperties;
import dev.keepgate.registry.repository.ModelRepository;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The registry and what it is made of, less what only replicas need. */
@Configuration(proxyBeanMethods = false)
class RegistryConfiguration {

  @Bean
  ModelRepository modelRepository(RegistryProperties properties, ReplicaProperties replicas)
      throws IOException {
    requireFolders(properties.repository(), replicas);
    try {
      return ModelRepository.open(properties.repository());
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
  LoadTools loadTools(Importers importers, LstmKernel kernel, AnswerCheck answers) {
    return new LoadTools(importers, kernel, answers);
  }

  @Bean
  RepositoryModelRegistry modelRegistry(
      RegistryProperties properties,
      MemoryPlan memory,
      LoadTools tools,
      ObjectProvider<ModelListener> listeners,
      ModelRepository repository,
      ObjectProvider<VersionStorage> replicated) {
    return new RepositoryModelRegistry(
        properties.within(memory),
        tools,
        listeners.orderedStream().toList(),
        replicated.getIfAvailable(() -> VersionStorage.local(repository)),
        Clock.systemUTC());
  }

  @Bean
  RepositoryWatch repositoryWatch(
      RepositoryModelRegistry registry,
      ModelRepository repository,
      RegistryProperties properties,
      ObjectProvider<Reconciliation> reconciliation) {
    return new RepositoryWatch(
        registry, repository, properties.repository(), reconciliation.getIfAvailable());
  }
}

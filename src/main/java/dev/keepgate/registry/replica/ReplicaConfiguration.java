package dev.keepgate.registry.replica;

import dev.keepgate.registry.RegistryProperties;
import dev.keepgate.registry.ReplicaListener;
import dev.keepgate.registry.ReplicaProperties;
import dev.keepgate.registry.repository.ModelRepository;
import dev.keepgate.registry.version.RepositoryModelRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What a registry needs that has replicas. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(name = "keepgate.replicas.share", havingValue = "redis")
class ReplicaConfiguration {

  @Bean
  ReplicatedStorage replicatedStorage(ModelRepository repository, SharedCatalog catalog) {
    return new ReplicatedStorage(repository, catalog);
  }

  @Bean
  Reconciler reconciler(
      RepositoryModelRegistry registry,
      ReplicatedStorage storage,
      SharedCatalog catalog,
      ObjectProvider<ReplicaListener> listeners,
      RegistryProperties properties,
      ReplicaProperties replicas) {
    Replication replication =
        new Replication(
            registry.found(), storage.repository(), catalog, listeners.orderedStream().toList());
    return new Reconciler(
        registry.found(),
        storage,
        replication,
        replicas.interval(),
        properties.repository().loadParallelism());
  }
}

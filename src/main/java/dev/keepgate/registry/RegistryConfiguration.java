package dev.keepgate.registry;

import dev.keepgate.importer.Importers;
import dev.keepgate.kernel.LstmKernel;
import java.io.IOException;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class RegistryConfiguration {

  @Bean
  ModelRegistry modelRegistry(
      RegistryProperties properties,
      LstmKernel kernel,
      ObjectProvider<ModelListener> listeners,
      ObjectProvider<SharedCatalog> catalog)
      throws IOException {
    return new ModelRegistry(
        properties,
        kernel,
        Importers.standard(properties.importLimits().toImportLimits()),
        listeners.orderedStream().toList(),
        catalog.getIfAvailable(),
        Clock.systemUTC());
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

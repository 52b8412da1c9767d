package dev.keepgate.registry.replica.redis;

import dev.keepgate.redis.RedisProperties;
import dev.keepgate.registry.ReplicaProperties;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;

@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(name = "keepgate.replicas.share", havingValue = "redis")
class RedisCatalogConfiguration {

  @Bean
  RedisCatalog redisCatalog(
      RedisConnectionFactory connections, RedisProperties redis, ReplicaProperties properties) {
    return new RedisCatalog(connections, redis, properties);
  }
}

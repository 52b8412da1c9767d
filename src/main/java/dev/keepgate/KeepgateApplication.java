package dev.keepgate;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;

/** The LSTM inference server. */
// Rooms that need Redis import its connection themselves; without them nothing connects.
@SpringBootApplication(exclude = DataRedisAutoConfiguration.class)
@ConfigurationPropertiesScan
public class KeepgateApplication {

  public static void main(String[] args) {
    SpringApplication.run(KeepgateApplication.class, args);
  }
}

package dev.keepgate;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/** The LSTM inference server. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class KeepgateApplication {

  public static void main(String[] args) {
    SpringApplication.run(KeepgateApplication.class, args);
  }
}

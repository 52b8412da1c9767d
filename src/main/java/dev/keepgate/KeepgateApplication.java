package dev.keepgate;

import dev.keepgate.api.http.HealthCommand;
import dev.keepgate.security.CreateKey;
import java.util.Arrays;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.boot.grpc.server.autoconfigure.security.GrpcServerSecurityAutoConfiguration;
import org.springframework.boot.security.autoconfigure.UserDetailsServiceAutoConfiguration;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration;

/** The LSTM inference server. */
@SpringBootApplication(
    exclude = {
      // Would ask for a password of its own making. Ours is in api.http.security and api.oip.grpc.
      UserDetailsServiceAutoConfiguration.class,
      ServletWebSecurityAutoConfiguration.class,
      ManagementWebSecurityAutoConfiguration.class,
      GrpcServerSecurityAutoConfiguration.class
    })
@ConfigurationPropertiesScan
public class KeepgateApplication {

  public static void main(String[] args) {
    String command = args.length > 0 ? args[0] : "";
    if (command.equals(CreateKey.NAME)) {
      System.exit(CreateKey.run(further(args), System.out, System.err));
    } else if (command.equals(HealthCommand.NAME)) {
      System.exit(HealthCommand.run(further(args), System.err));
    }
    SpringApplication.run(KeepgateApplication.class, args);
  }

  private static String[] further(String[] args) {
    return Arrays.copyOfRange(args, 1, args.length);
  }
}

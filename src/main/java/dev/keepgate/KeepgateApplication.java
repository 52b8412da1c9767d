package dev.keepgate;

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
    if (args.length > 0 && args[0].equals(CreateKey.NAME)) {
      String[] rest = Arrays.copyOfRange(args, 1, args.length);
      System.exit(CreateKey.run(rest, System.out, System.err));
    }
    SpringApplication.run(KeepgateApplication.class, args);
  }
}

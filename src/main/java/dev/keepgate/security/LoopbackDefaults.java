package dev.keepgate.security;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;

/**
 * Keeps a server that asks nobody who they are to its own machine: its addresses are loopback's
 * where none is set, and it does not start where another is. After all settings have been read.
 */
final class LoopbackDefaults implements EnvironmentPostProcessor {

  private static final String LOOPBACK = "127.0.0.1";
  private static final String HTTP = "server.address";
  private static final String GRPC = "spring.grpc.server.address";
  private static final String MANAGEMENT = "management.server.address";
  private static final String GRPC_SOCKET = "spring.grpc.server.netty.domain-socket-path";

  @Override
  public void postProcessEnvironment(
      ConfigurableEnvironment environment, SpringApplication application) {
    SecurityProperties security = OnCredentials.properties(environment);
    if (security.open() || security.hasCredentials()) {
      return;
    }
    Map<String, Object> defaults = new HashMap<>();
    for (String setting : addresses(environment)) {
      String address = environment.getProperty(setting, "");
      if (address.isEmpty()) {
        defaults.put(setting, LOOPBACK);
      } else if (!isLoopback(address)) {
        throw new OpenAddressException(setting, address);
      }
    }
    environment.getPropertySources().addLast(new MapPropertySource("loopback", defaults));
  }

  private static List<String> addresses(Environment environment) {
    List<String> settings = new ArrayList<>(List.of(HTTP));
    if (!environment.containsProperty(GRPC_SOCKET)) {
      settings.add(GRPC);
    }
    // Boot refuses an address of the actuator's that has no port of its own.
    if (ManagementPortType.get(environment) == ManagementPortType.DIFFERENT) {
      settings.add(MANAGEMENT);
    }
    return settings;
  }

  private static boolean isLoopback(String address) {
    try {
      return InetAddress.getByName(address).isLoopbackAddress();
    } catch (UnknownHostException e) {
      // Spring says what is wrong with it.
      return true;
    }
  }
}

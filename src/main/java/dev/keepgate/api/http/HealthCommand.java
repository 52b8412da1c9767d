package dev.keepgate.api.http;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * The command {@code health}: asks the server of this machine over TLS whether it is ready, for the
 * image's health check, whose shell cannot. What it hears is no secret, and it says none: it takes
 * whatever certificate the port has.
 */
public final class HealthCommand {

  /** Its name, the first argument. */
  public static final String NAME = "health";

  private static final int TIMEOUT_MILLIS = 4000;
  private static final String REQUEST =
      "GET /actuator/health/readiness HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

  private HealthCommand() {}

  /**
   * @param arguments those after the command's name: the port
   * @return the process' exit status
   */
  public static int run(String[] arguments, PrintStream err) {
    if (arguments.length != 1 || !arguments[0].matches("\\d{1,5}")) {
      err.println("usage: java -jar keepgate.jar health <port>");
      return 2;
    }
    try {
      String status = status(Integer.parseInt(arguments[0]));
      if (status.startsWith("HTTP/1.1 200")) {
        return 0;
      }
      err.println("not ready: " + status);
    } catch (IOException | GeneralSecurityException e) {
      err.println("not ready: " + e);
    }
    return 1;
  }

  private static String status(int port) throws IOException, GeneralSecurityException {
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, new TrustManager[] {new Trusting()}, null);
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (Socket socket = tls.getSocketFactory().createSocket(loopback, port)) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
      BufferedReader answer =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
      return String.valueOf(answer.readLine());
    }
  }

  private static final class Trusting extends X509ExtendedTrustManager {
    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}

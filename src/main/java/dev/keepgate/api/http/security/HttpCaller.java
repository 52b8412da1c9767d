package dev.keepgate.api.http.security;

import dev.keepgate.api.access.AccessLog;
import dev.keepgate.api.http.HttpCancellation;
import dev.keepgate.inference.Client;
import dev.keepgate.security.Caller;
import dev.keepgate.security.CallerAuthentication;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Objects;
import org.springframework.security.core.Authentication;

/** Who sent a request, for as long as it lasts, on any thread. */
public final class HttpCaller {

  private static final String ATTRIBUTE = HttpCaller.class.getName();

  private HttpCaller() {}

  /** Anybody where nobody is asked. */
  public static Caller of(HttpServletRequest request) {
    return request.getAttribute(ATTRIBUTE) instanceof Caller caller ? caller : Caller.ANYBODY;
  }

  /** Who waits for a request's answer, whose body has been read. */
  public static Client client(HttpServletRequest request) {
    return new Client(of(request), HttpCancellation.of(request));
  }

  /** Who waits for a request's answer, whose body is still read. */
  public static Client clientWhileReading(HttpServletRequest request) throws IOException {
    return new Client(of(request), HttpCancellation.whileReading(request));
  }

  static Caller set(HttpServletRequest request, Authentication authentication) {
    Caller caller = Objects.requireNonNull(CallerAuthentication.caller(authentication));
    request.setAttribute(ATTRIBUTE, caller);
    request.setAttribute(AccessLog.CALLER, caller.name());
    return caller;
  }
}

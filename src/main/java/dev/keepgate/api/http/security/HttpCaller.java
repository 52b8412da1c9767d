package dev.keepgate.api.http.security;

import dev.keepgate.security.Caller;
import dev.keepgate.security.CallerAuthentication;
import jakarta.servlet.http.HttpServletRequest;
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

  static Caller set(HttpServletRequest request, Authentication authentication) {
    Caller caller = Objects.requireNonNull(CallerAuthentication.caller(authentication));
    request.setAttribute(ATTRIBUTE, caller);
    return caller;
  }
}

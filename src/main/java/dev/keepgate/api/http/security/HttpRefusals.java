package dev.keepgate.api.http.security;

import dev.keepgate.api.http.ErrorWriter;
import dev.keepgate.api.http.HttpCancellation;
import dev.keepgate.api.http.HttpStatuses;
import dev.keepgate.api.http.ProblemDetails;
import dev.keepgate.inference.ErrorCode;
import dev.keepgate.security.Access;
import dev.keepgate.security.Caller;
import dev.keepgate.security.CallerAdmission;
import dev.keepgate.security.RateLimitedException;
import dev.keepgate.security.RateLimits;
import dev.keepgate.security.Role;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.access.AccessDeniedHandler;
import org.springframework.security.web.authentication.AuthenticationFailureHandler;
import org.springframework.security.web.authentication.AuthenticationSuccessHandler;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.security.web.firewall.RequestRejectedHandler;

/** Answers requests that are not let in, whose bodies nobody reads. */
final class HttpRefusals
    implements AuthenticationEntryPoint,
        AuthenticationSuccessHandler,
        AuthenticationFailureHandler,
        AccessDeniedHandler,
        RequestRejectedHandler {

  private static final String CHALLENGE = "Bearer realm=\"keepgate\"";

  private final ErrorWriter errors;
  private final HttpAccess access;
  private final RateLimits rates;
  private final CallerAdmission admission;

  HttpRefusals(ErrorWriter errors, HttpAccess access, RateLimits rates, CallerAdmission admission) {
    this.admission = admission;
    this.errors = errors;
    this.access = access;
    this.rates = rates;
  }

  /** Lets a caller in who does not ask too often. */
  @Override
  public void onAuthenticationSuccess(
      HttpServletRequest request,
      HttpServletResponse response,
      FilterChain chain,
      Authentication authentication)
      throws IOException, ServletException {
    Caller caller = HttpCaller.set(request, authentication);
    try {
      admission.count(caller);
    } catch (RateLimitedException e) {
      refuse(e, request, response);
      return;
    }
    chain.doFilter(request, response);
  }

  @Override
  public void onAuthenticationSuccess(
      HttpServletRequest request, HttpServletResponse response, Authentication authentication) {
    throw new UnsupportedOperationException("a request goes on along its chain");
  }

  /** Nothing was shown (RFC 6750, 3). */
  @Override
  public void commence(
      HttpServletRequest request, HttpServletResponse response, AuthenticationException e)
      throws IOException {
    unknown(
        CHALLENGE,
        "say who asks: send a key as 'Authorization: Bearer <key>' or as 'X-Api-Key: <key>'",
        request,
        response);
  }

  /** What was shown is of nobody. */
  @Override
  public void onAuthenticationFailure(
      HttpServletRequest request, HttpServletResponse response, AuthenticationException e)
      throws IOException {
    if (e instanceof AuthenticationServiceException) {
      response.setHeader(HttpHeaders.RETRY_AFTER, "1");
      send(ErrorCode.AUTHENTICATION_UNAVAILABLE, String.valueOf(e.getMessage()), request, response);
      return;
    }
    unknown(
        CHALLENGE + ", error=\"invalid_token\"", String.valueOf(e.getMessage()), request, response);
  }

  private void unknown(
      String challenge, String detail, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    try {
      rates.countUnknown();
    } catch (RateLimitedException e) {
      refuse(e, request, response);
      return;
    }
    response.setHeader(HttpHeaders.WWW_AUTHENTICATE, challenge);
    send(ErrorCode.UNAUTHENTICATED, detail, request, response);
  }

  private void refuse(
      RateLimitedException e, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    long seconds = Math.max(1, e.retryAfter().plusNanos(999_999_999).toSeconds());
    response.setHeader(HttpHeaders.RETRY_AFTER, Long.toString(seconds));
    send(ErrorCode.RATE_LIMITED, String.valueOf(e.getMessage()), request, response);
  }

  @Override
  public void handle(
      HttpServletRequest request, HttpServletResponse response, AccessDeniedException e)
      throws IOException {
    Access needed = access.of(request.getMethod(), request.getServletPath());
    Role role = needed.role();
    response.setHeader(
        HttpHeaders.WWW_AUTHENTICATE,
        CHALLENGE
            + ", error=\"insufficient_scope\""
            + (role == null ? "" : ", scope=\"%s\"".formatted(role.label())));
    send(ErrorCode.ACCESS_DENIED, needed.remedy(HttpCaller.of(request)), request, response);
  }

  /** A path or a header that may be read in two ways, which no client of good will sends. */
  @Override
  public void handle(
      HttpServletRequest request, HttpServletResponse response, RequestRejectedException e)
      throws IOException {
    HttpCancellation.refuseRest(request, response);
    errors.send(
        ProblemDetails.of(
            HttpStatus.BAD_REQUEST,
            "bad-request",
            "the path or a header is not in its plain form, without '//', '..', ';' and escapes of"
                + " '%', '.' and '/'"),
        request.getRequestURI(),
        response);
  }

  private void send(
      ErrorCode code, String detail, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    HttpCancellation.refuseRest(request, response);
    errors.send(
        ProblemDetails.of(HttpStatuses.of(code), code.slug(), detail),
        request.getRequestURI(),
        response);
  }
}

package dev.keepgate.api.http.security;

import dev.keepgate.api.http.ErrorWriter;
import dev.keepgate.security.Access;
import dev.keepgate.security.Caller;
import dev.keepgate.security.CallerAdmission;
import dev.keepgate.security.CallerAuthentication;
import dev.keepgate.security.OnCredentials;
import dev.keepgate.security.RateLimits;
import dev.keepgate.security.SecurityProperties;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.authentication.AuthenticationCredentialsNotFoundException;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.authorization.AuthorizationManager;
import org.springframework.security.web.DefaultSecurityFilterChain;
import org.springframework.security.web.FilterChainProxy;
import org.springframework.security.web.access.ExceptionTranslationFilter;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.security.web.authentication.AuthenticationFilter;
import org.springframework.security.web.context.AbstractSecurityWebApplicationInitializer;
import org.springframework.security.web.savedrequest.NullRequestCache;
import org.springframework.security.web.util.matcher.AnyRequestMatcher;

/**
 * Spring Security's filters before all routes, the actuator's own port included: as few as say who
 * asks and what they may. There is no session, so there is none to protect from other sites' pages,
 * and no filter wraps a request or an answer of which the body streams.
 */
@Configuration(proxyBeanMethods = false)
@Conditional(OnCredentials.class)
class HttpSecurityConfiguration {

  @Bean
  HttpAccess httpAccess(@Value("${management.endpoints.web.base-path:/actuator}") String actuator) {
    return new HttpAccess(actuator);
  }

  @Bean
  HttpRefusals httpRefusals(
      ErrorWriter errors, HttpAccess access, RateLimits rates, CallerAdmission admission) {
    return new HttpRefusals(errors, access, rates, admission);
  }

  /** By the name at which Boot looks for it, to put it before all other filters of the server. */
  @Bean(name = AbstractSecurityWebApplicationInitializer.DEFAULT_FILTER_NAME)
  FilterChainProxy securityFilters(
      AuthenticationManager callers,
      SecurityProperties properties,
      HttpAccess access,
      HttpRefusals refusals,
      CallerAdmission admission) {
    AuthenticationFilter authentication =
        new AuthenticationFilter(callers, new HttpCredentials(properties.takesCertificates()));
    // What everybody may have is theirs with a key that is wrong, too.
    authentication.setRequestMatcher(
        request -> access.of(request.getMethod(), request.getServletPath()) != Access.EVERYBODY);
    authentication.setSuccessHandler(refusals);
    authentication.setFailureHandler(refusals);
    ExceptionTranslationFilter translation =
        new ExceptionTranslationFilter(refusals, new NullRequestCache());
    translation.setAccessDeniedHandler(refusals);
    FilterChainProxy filters =
        new FilterChainProxy(
            new DefaultSecurityFilterChain(
                AnyRequestMatcher.INSTANCE,
                List.of(
                    authentication,
                    translation,
                    new AuthorizationFilter(authorization(access, admission)))));
    filters.setRequestRejectedHandler(refusals);
    return filters;
  }

  private static AuthorizationManager<HttpServletRequest> authorization(
      HttpAccess access, CallerAdmission admission) {
    return (authentication, request) -> {
      Access needed = access.of(request.getMethod(), request.getServletPath());
      if (needed == Access.EVERYBODY) {
        return new AuthorizationDecision(true);
      }
      Caller caller = CallerAuthentication.caller(authentication.get());
      if (caller == null) {
        throw new AuthenticationCredentialsNotFoundException("nobody said who asks");
      }
      boolean isGranted = admission.grants(needed, caller);
      if (isGranted) {
        // It was counted when it was known whose it is.
        admission.admitted(caller);
      }
      return new AuthorizationDecision(isGranted);
    };
  }
}

package dev.keepgate.api.oip.grpc;

import dev.keepgate.inference.ErrorCode;
import dev.keepgate.security.Access;
import dev.keepgate.security.Caller;
import dev.keepgate.security.CallerAdmission;
import dev.keepgate.security.CallerAuthentication;
import dev.keepgate.security.CurrentCallers;
import dev.keepgate.security.OnCredentials;
import dev.keepgate.security.RateLimitedException;
import dev.keepgate.security.RateLimits;
import dev.keepgate.security.SecurityProperties;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.grpc.server.GlobalServerInterceptor;
import org.springframework.grpc.server.security.AuthenticationProcessInterceptor;
import org.springframework.grpc.server.security.CallContext;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.authentication.AuthenticationCredentialsNotFoundException;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.authorization.AuthorizationDecision;
import org.springframework.security.authorization.AuthorizationManager;
import org.springframework.security.core.AuthenticationException;

/** The rules of HTTP's routes for gRPC's methods, before a message of theirs is read. */
@Configuration(proxyBeanMethods = false)
@Conditional(OnCredentials.class)
class GrpcSecurityConfiguration {

  @Bean
  @GlobalServerInterceptor
  ServerInterceptor grpcSecurity(
      AuthenticationManager callers,
      CurrentCallers current,
      SecurityProperties properties,
      RateLimits rates,
      CallerAdmission admission,
      GrpcErrors errors) {
    return new Refusing(
        new AuthenticationProcessInterceptor(
            callers,
            new GrpcCredentials(properties.takesCertificates()),
            authorization(current, admission, errors)),
        rates,
        errors);
  }

  private static AuthorizationManager<CallContext> authorization(
      CurrentCallers current, CallerAdmission admission, GrpcErrors errors) {
    return (authentication, call) -> {
      Access needed = GrpcAccess.of(call.method().getFullMethodName());
      if (needed == Access.EVERYBODY) {
        return new AuthorizationDecision(true);
      }
      Caller caller = CallerAuthentication.caller(authentication.get());
      if (caller == null) {
        throw new AuthenticationCredentialsNotFoundException(
            "say who asks: send a key as the metadata 'authorization: Bearer <key>' or"
                + " 'x-api-key: <key>'");
      }
      if (!admission.grants(needed, caller)) {
        throw new AccessDeniedException(needed.remedy(caller));
      }
      admission.count(caller);
      admission.admitted(caller);
      GrpcCall.CURRENT
          .get()
          .madeBy(
              caller,
              () -> {
                Caller now = current.now(caller);
                if (now == null) {
                  throw errors
                      .refused(ErrorCode.UNAUTHENTICATED, "the key was taken away")
                      .asRuntimeException();
                }
                if (!admission.grants(needed, now)) {
                  throw errors
                      .refused(ErrorCode.ACCESS_DENIED, needed.remedy(now))
                      .asRuntimeException();
                }
                admission.count(now);
                admission.admitted(now);
              });
      return new AuthorizationDecision(true);
    };
  }

  /** Ends calls that are not let in with the status that says why. */
  private record Refusing(ServerInterceptor security, RateLimits rates, GrpcErrors errors)
      implements ServerInterceptor {

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      try {
        return security.interceptCall(call, headers, next);
      } catch (AuthenticationException e) {
        return refuse(call, unknown(e));
      } catch (AccessDeniedException e) {
        return refuse(call, errors.refused(ErrorCode.ACCESS_DENIED, message(e)));
      } catch (RateLimitedException e) {
        return refuse(call, errors.status(e));
      }
    }

    private Status unknown(AuthenticationException e) {
      if (e instanceof AuthenticationServiceException) {
        return errors.refused(ErrorCode.AUTHENTICATION_UNAVAILABLE, message(e));
      }
      try {
        rates.countUnknown();
        return errors.refused(ErrorCode.UNAUTHENTICATED, message(e));
      } catch (RateLimitedException tooMany) {
        return errors.status(tooMany);
      }
    }

    private static String message(Exception e) {
      return String.valueOf(e.getMessage());
    }

    private static <Q, R> ServerCall.Listener<Q> refuse(ServerCall<Q, R> call, Status status) {
      call.close(status, new Metadata());
      return new ServerCall.Listener<>() {};
    }
  }
}

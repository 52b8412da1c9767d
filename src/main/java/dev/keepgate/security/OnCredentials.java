package dev.keepgate.security;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Whether callers are asked who they are: where they are not, nothing stands before requests. */
public final class OnCredentials implements Condition {

  @Override
  public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
    return properties(context.getEnvironment()).hasCredentials();
  }

  /** What is set, before there are beans. */
  static SecurityProperties properties(Environment environment) {
    return Binder.get(environment)
        .bindOrCreate(SecurityProperties.PREFIX, SecurityProperties.class);
  }
}

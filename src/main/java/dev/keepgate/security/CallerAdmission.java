package dev.keepgate.security;

import dev.keepgate.listener.Listeners;
import dev.keepgate.security.CallerListener.Outcome;

/** Whether callers who are known are let in, of which listeners are told. */
public final class CallerAdmission {

  private final RateLimits rates;
  private final Listeners<CallerListener> listeners;

  CallerAdmission(RateLimits rates, Listeners<CallerListener> listeners) {
    this.rates = rates;
    this.listeners = listeners;
  }

  /** Whether a caller has the role that is needed. */
  public boolean grants(Access needed, Caller caller) {
    boolean isGranted = needed.isGrantedTo(caller.roles());
    if (!isGranted) {
      tell(caller, Outcome.FORBIDDEN);
    }
    return isGranted;
  }

  /**
   * Counts one more request of a caller.
   *
   * @throws RateLimitedException if it is more than they may
   */
  public void count(Caller caller) {
    try {
      rates.count(caller);
    } catch (RateLimitedException e) {
      tell(caller, Outcome.RATE_LIMITED);
      throw e;
    }
  }

  /** A caller has the role, was counted, and is let in. */
  public void admitted(Caller caller) {
    tell(caller, Outcome.ALLOWED);
  }

  private void tell(Caller caller, Outcome outcome) {
    listeners.tell(listener -> listener.asked(caller, outcome));
  }
}

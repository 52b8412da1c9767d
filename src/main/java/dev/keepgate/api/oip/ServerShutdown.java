package dev.keepgate.api.oip;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** Whether the server is about to end, which open streams have to be told: they could stay long. */
@Component
public class ServerShutdown {

  private final Set<Runnable> atEnd = ConcurrentHashMap.newKeySet();
  private volatile boolean ending;

  public boolean isEnding() {
    return ending;
  }

  /** Has the action run when the server begins to end; at once where it has. */
  public void atEnd(Runnable action) {
    atEnd.add(action);
    if (ending && atEnd.remove(action)) {
      action.run();
    }
  }

  public void forget(Runnable action) {
    atEnd.remove(action);
  }

  /** Comes before any server is told to stop. */
  @EventListener(ContextClosedEvent.class)
  public void end() {
    ending = true;
    for (Runnable action : List.copyOf(atEnd)) {
      if (atEnd.remove(action)) {
        action.run();
      }
    }
  }
}

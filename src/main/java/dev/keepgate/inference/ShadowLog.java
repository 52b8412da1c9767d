package dev.keepgate.inference;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.Shadow;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs what shadows answer otherwise: the worst, every now and then. For one thread. */
final class ShadowLog {

  private static final Logger log = LoggerFactory.getLogger(ShadowLog.class);
  private static final long PAUSE = Duration.ofSeconds(10).toNanos();

  private long nextAt = System.nanoTime();
  private long since;
  private double worst;
  private String line = "";

  void different(Shadow shadow, ModelId served, ShadowDifference difference) {
    if (since == 0 || difference.largest() > worst) {
      worst = difference.largest();
      line =
          "Shadow %s (%s) of %s answers otherwise, by up to %s at %s"
              .formatted(shadow.label(), shadow.model(), served, worst, difference.place());
    }
    tell();
  }

  void failed(Shadow shadow, ModelId served, String cause) {
    if (since == 0) {
      worst = 0;
      line =
          "Shadow %s (%s) of %s did not answer: %s"
              .formatted(shadow.label(), shadow.model(), served, cause);
    }
    tell();
  }

  private void tell() {
    since++;
    long now = System.nanoTime();
    if (now - nextAt >= 0) {
      log.warn("{}; the worst of {} since this was told last", line, since);
      nextAt = now + PAUSE;
      since = 0;
    }
  }
}

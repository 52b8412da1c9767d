package dev.keepgate.sequence;

import dev.keepgate.model.LstmState;
import dev.keepgate.model.ModelId;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A sequence between two of its steps. Never written after it was made.
 *
 * @param id what it is called
 * @param model the version that computes it, for life
 * @param batch how many rows step together
 * @param ttl how long it outlives its last step
 * @param openedAt when it began
 * @param expiresAt when it ends, unless it is stepped before
 * @param step how many steps were taken
 * @param revision random, and another after every change: a change says which one it follows, so
 *     that none is made twice, nor made to a sequence that only has the same id
 * @param state after the last step
 * @param last the last answer; null before the first step
 */
public record Sequence(
    SequenceId id,
    ModelId model,
    int batch,
    Duration ttl,
    Instant openedAt,
    Instant expiresAt,
    long step,
    long revision,
    LstmState state,
    @Nullable StepAnswer last) {

  /** A record, its id, its places in maps and orders, and the headers of its arrays, about. */
  private static final int OVERHEAD = 768;

  /** A new sequence that has taken so many steps. */
  public static Sequence open(
      SequenceId id,
      ModelId model,
      int batch,
      Duration ttl,
      Instant now,
      long step,
      LstmState state,
      @Nullable StepAnswer last) {
    Instant opened = now.truncatedTo(ChronoUnit.MILLIS);
    return new Sequence(
        id, model, batch, ttl, opened, opened.plus(ttl), step, newRevision(), state, last);
  }

  /** This sequence after one more step, or a chunk of them. */
  public Sequence after(StepAnswer answer, LstmState newState, Instant now) {
    return new Sequence(
        id,
        model,
        batch,
        ttl,
        openedAt,
        now.truncatedTo(ChronoUnit.MILLIS).plus(ttl),
        step + answer.time(),
        newRevision(),
        newState,
        answer);
  }

  private static long newRevision() {
    return ThreadLocalRandom.current().nextLong();
  }

  /** Memory that it takes, about. */
  public long bytes() {
    return OVERHEAD
        + bytes(state.h())
        + bytes(state.c())
        + (last == null ? 0 : (long) last.output().length * Float.BYTES);
  }

  private static long bytes(float[][] cells) {
    long bytes = 0;
    for (float[] cell : cells) {
      bytes += (long) cell.length * Float.BYTES;
    }
    return bytes;
  }
}

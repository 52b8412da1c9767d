package dev.keepgate.sequence;

import dev.keepgate.model.ModelId;
import dev.keepgate.model.RecurrentState;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A sequence between two of its steps. Never written after it was made.
 *
 * @param id what it is called
 * @param content what computes it, for life
 * @param batch how many rows step together
 * @param lifetime when it began, and how long it lasts
 * @param progress where it is
 * @param revision random, and another after every change: a change says which one it follows, so
 *     that none is made twice, nor made to a sequence that only has the same id
 */
public record Sequence(
    SequenceId id,
    ModelContent content,
    int batch,
    Lifetime lifetime,
    Progress progress,
    long revision) {

  /** A record, its id, its places in maps and orders, and the headers of its arrays, about. */
  private static final int OVERHEAD = 768;

  /**
   * When a sequence began and how long it lasts, by the wall clock: what clients are told. Stores
   * let it expire by clocks of their own.
   *
   * @param ttl how long it outlives its last step
   * @param openedAt when it began
   * @param expiresAt when it ends, unless it is stepped before
   */
  public record Lifetime(Duration ttl, Instant openedAt, Instant expiresAt) {

    /** In milliseconds, as stores keep it. */
    static Lifetime from(Instant now, Duration ttl) {
      Instant opened = now.truncatedTo(ChronoUnit.MILLIS);
      return new Lifetime(ttl, opened, opened.plus(ttl));
    }

    Lifetime renewed(Instant now) {
      return new Lifetime(ttl, openedAt, now.truncatedTo(ChronoUnit.MILLIS).plus(ttl));
    }
  }

  /**
   * Where a sequence is.
   *
   * @param step how many steps were taken
   * @param state after the last step
   * @param last the result of the last step; null before the first step
   */
  public record Progress(long step, RecurrentState state, @Nullable StepResult last) {}

  /** A new sequence, which goes on from there. */
  public static Sequence open(
      SequenceId id, ModelContent content, int batch, Duration ttl, Instant now, Progress from) {
    return new Sequence(id, content, batch, Lifetime.from(now, ttl), from, newRevision());
  }

  /** This sequence, bound to the content of a model from now on. */
  public Sequence boundTo(ModelContent known) {
    return new Sequence(id, known, batch, lifetime, progress, revision);
  }

  /** This sequence after one more step, or a chunk of them. */
  public Sequence after(StepResult result, RecurrentState newState, Instant now) {
    Progress next = new Progress(Math.addExact(step(), result.time()), newState, result);
    return new Sequence(id, content, batch, lifetime.renewed(now), next, newRevision());
  }

  private static long newRevision() {
    return ThreadLocalRandom.current().nextLong();
  }

  /** The version that computes it. */
  public ModelId model() {
    return content.id();
  }

  public Duration ttl() {
    return lifetime.ttl();
  }

  public Instant openedAt() {
    return lifetime.openedAt();
  }

  public Instant expiresAt() {
    return lifetime.expiresAt();
  }

  public long step() {
    return progress.step();
  }

  public RecurrentState state() {
    return progress.state();
  }

  public @Nullable StepResult last() {
    return progress.last();
  }

  /**
   * What the last step of a model of one output gave: the network's own numbers, [batch, width].
   * Null before the first step, after an import, and after rows of different lengths.
   */
  public float @Nullable [] lastStep() {
    StepResult last = last();
    return last == null ? null : last.lastStep(batch);
  }

  /** Memory that it takes, about. */
  public long bytes() {
    StepResult last = last();
    return OVERHEAD + bytes(state().values()) + (last == null ? 0 : last.bytes());
  }

  private static long bytes(float[][] slots) {
    long bytes = 0;
    for (float[] slot : slots) {
      bytes += (long) slot.length * Float.BYTES;
    }
    return bytes;
  }
}

package dev.keepgate.kernel;

import dev.keepgate.kernel.LstmKernel.Scratch;
import java.util.function.Consumer;

/** Idle threads that may take a part of what another one computes. */
public interface IdleThreads {

  /** There are none. */
  IdleThreads NONE =
      new IdleThreads() {
        @Override
        public boolean offer(Consumer<Scratch> work) {
          return false;
        }

        @Override
        public boolean areWanted() {
          return false;
        }
      };

  /**
   * Offers work to an idle thread, which does it with its own scratch: soon, late, or never, so
   * that whoever offers it must be able to go on without.
   *
   * @return false where it is never done, as no thread is idle
   */
  boolean offer(Consumer<Scratch> work);

  /** Whether others wait, so that what is computed together should come to an end. */
  boolean areWanted();
}

package dev.keepgate.inference;

import java.io.IOException;

/** Takes the steps of a forecast as they are computed, on the request's own thread. */
@FunctionalInterface
public interface ForecastSink {

  /** Of a forecast that is answered whole. */
  ForecastSink NONE = (forecast, from, to) -> {};

  /**
   * Steps are there. May wait, for a client that reads slowly.
   *
   * @param forecast with room for all steps; those from {@code to} on are not in it yet
   * @param from the first step that is new
   * @param to after the last step that is there
   * @throws IOException if nobody takes them any more; then the rest is not computed
   */
  void steps(ForecastResult forecast, int from, int to) throws IOException;
}

package dev.keepgate.inference;

import java.util.List;

/** How streams fare now. */
public interface StreamStatistics {

  /** The names of all bindings. */
  List<String> bindings();

  /** Records that were read and are not answered. */
  double inFlight(String binding);

  /** States that this server keeps, about; NaN where that is not known now. */
  double states(String binding);

  /** Records that are still to be read, of this server's partitions; NaN where nobody knows. */
  double lag(String binding);

  /** Whether its records are taken on; false where brokers are not reached, or records wait. */
  boolean isUp(String binding);
}

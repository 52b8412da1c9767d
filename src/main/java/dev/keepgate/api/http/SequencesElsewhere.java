package dev.keepgate.api.http;

import dev.keepgate.inference.SequenceInfo;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Sequences that are kept in another place than the server's store. */
public interface SequencesElsewhere {

  /** None. */
  SequencesElsewhere NONE =
      new SequencesElsewhere() {
        @Override
        public @Nullable SequenceInfo find(String id) {
          return null;
        }

        @Override
        public boolean relay(String id, HttpServletRequest request, HttpServletResponse response) {
          return false;
        }
      };

  /** A sequence that this server keeps; null for none. */
  @Nullable SequenceInfo find(String id);

  /**
   * Answers with what another server keeps.
   *
   * @return false if none does; nothing is answered then
   */
  boolean relay(String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException;
}

package dev.keepgate.inference;

import java.util.function.UnaryOperator;
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
        public @Nullable Answer ask(String id, UnaryOperator<@Nullable String> headers) {
          return null;
        }
      };

  /**
   * What another server answers.
   *
   * @param type of the body's media
   */
  record Answer(String type, byte[] body) {}

  /** A sequence that this server keeps; null for none. */
  @Nullable SequenceInfo find(String id);

  /**
   * Asks other servers for a sequence that they keep.
   *
   * @param headers of the client's request by name, null where it has none: the credentials are
   *     passed on
   * @return null if none of them has it
   */
  @Nullable Answer ask(String id, UnaryOperator<@Nullable String> headers);
}

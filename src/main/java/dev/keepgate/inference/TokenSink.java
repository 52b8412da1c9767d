package dev.keepgate.inference;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Takes tokens as they are drawn, on the request's own thread. */
public interface TokenSink {

  /** Of answers that come whole. */
  TokenSink NONE =
      new TokenSink() {
        @Override
        public void token(Token token) {}

        @Override
        public void flush() {}
      };

  /**
   * A token.
   *
   * @param row which of the request's prompts it follows; null where there can be one only
   * @param step from 0
   * @param text what it adds to the text; null where the model has no vocabulary
   * @param probability null where not asked for
   */
  record Token(
      @Nullable Integer row,
      int step,
      int id,
      @Nullable String text,
      @Nullable Float probability) {}

  /**
   * The tokens of a row come in their order. May wait, for a client that reads slowly.
   *
   * @throws IOException if nobody takes them any more; then the rest is not computed
   */
  void token(Token token) throws IOException;

  /** No other token is there yet. */
  void flush() throws IOException;
}

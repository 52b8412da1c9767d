package dev.keepgate.inference;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A text to go on with as a client asks for it, not yet held against a model.
 *
 * @param prompts at least one
 * @param batched whether there may be several
 * @param maxSteps how many tokens at most
 * @param stop each ends a text that ends with it
 * @param sampling how tokens are drawn
 * @param returnProbabilities whether to answer how likely each token was
 */
public record GenerateRequest(
    List<Passage> prompts,
    boolean batched,
    int maxSteps,
    List<Passage> stop,
    Sampling sampling,
    boolean returnProbabilities) {

  /**
   * Tokens in a row.
   *
   * @param field what the client calls it, for errors
   * @param text null where there are ids
   * @param ids null where there is text
   */
  public record Passage(String field, @Nullable String text, int @Nullable [] ids) {}
}

package dev.keepgate.inference;

import dev.keepgate.model.ModelId;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * How a model goes on with texts.
 *
 * @param id the version that computed it
 * @param batched whether the request may have several prompts
 * @param seed of what was drawn; empty where the likeliest tokens were taken
 * @param passages of each prompt
 */
public record GenerateResult(
    ModelId id, boolean batched, OptionalLong seed, List<Passage> passages) {

  /** Why a text ends. */
  public enum Finish {
    /** It has as many tokens as it may have. */
    LENGTH,
    /** It ends with what was to end it. */
    STOP
  }

  /**
   * What follows a prompt.
   *
   * @param ids of its tokens
   * @param text null where the model has no vocabulary
   * @param probabilities of each token among all, before the temperature; null where not asked for
   */
  public record Passage(
      int[] ids, @Nullable String text, float @Nullable [] probabilities, Finish finish) {}
}

package dev.keepgate.inference;

/**
 * How the next token is drawn. First the temperature, then {@code topK}, then {@code topP}, as
 * Hugging Face's and vLLM's samplers do.
 *
 * @param temperature by which logits are divided; 0 for the likeliest token always
 * @param topK among how many of the likeliest tokens it is drawn; 0 for all
 * @param topP among the fewest of the likeliest tokens that have this probability together, above 0
 *     to 1; one at least
 * @param seed of what the same request is answered the same again
 */
public record Sampling(double temperature, int topK, double topP, long seed) {

  /** Whether it is the likeliest token always. */
  public boolean isGreedy() {
    return temperature == 0;
  }
}

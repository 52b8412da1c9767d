package dev.keepgate.inference;

import dev.keepgate.inference.GenerateRequest.Passage;
import dev.keepgate.inference.InferenceException.InvalidInput;
import dev.keepgate.memory.RequestMemory;
import dev.keepgate.model.Vocabulary;
import dev.keepgate.model.Vocabulary.UnknownTokenException;
import java.util.function.BiFunction;

/** Makes a request's text into ids, and validates its ids. */
record PromptEncoder(GeneratePlan plan, RequestMemory memory) {

  /** Bytes that a character takes as it becomes a token: a string, and a number in a list. */
  private static final long BYTES_A_CHARACTER = 96;

  /**
   * The ids of a passage; at least one.
   *
   * @throws InvalidInput if it has a token that the model does not know, or none
   */
  int[] encode(Passage passage) {
    return encode(passage, Vocabulary::encode);
  }

  /**
   * The ids of a passage that ends others; at least one. No other token is one of them, nor is what
   * stands for tokens that are not in the vocabulary.
   *
   * @throws InvalidInput if it has a token that the model does not know, or none
   */
  int[] encodeStop(Passage passage) {
    return encode(passage, Vocabulary::encodeExactly);
  }

  private int[] encode(Passage passage, BiFunction<Vocabulary, String, int[]> split) {
    String text = passage.text();
    int[] given = passage.ids();
    int[] ids =
        text != null ? encode(passage.field(), text, split) : given == null ? new int[0] : given;
    if (ids.length == 0) {
      throw new InvalidInput(
          passage.field(),
          text == null || text.isEmpty() ? "is empty" : "has no token of the vocabulary");
    }
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= plan.ids()) {
        throw new InvalidInput(
            passage.field(),
            "expected ids from 0 to %d, got %d at [%d]".formatted(plan.ids() - 1, ids[i], i));
      }
    }
    return ids;
  }

  private int[] encode(String field, String text, BiFunction<Vocabulary, String, int[]> split) {
    Vocabulary vocabulary = plan.vocabulary();
    if (vocabulary == null) {
      throw new InvalidInput(field, "is text, and the model has no vocabulary; send ids");
    }
    long bytes = BYTES_A_CHARACTER * text.length();
    memory.take(bytes);
    try {
      return split.apply(vocabulary, text);
    } catch (UnknownTokenException e) {
      throw new InvalidInput(field, String.valueOf(e.getMessage()));
    } finally {
      memory.giveBack(bytes);
    }
  }
}

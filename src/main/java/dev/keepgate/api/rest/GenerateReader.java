package dev.keepgate.api.rest;

import dev.keepgate.api.json.JsonFields;
import dev.keepgate.inference.GenerateRequest;
import dev.keepgate.inference.GenerateRequest.Passage;
import dev.keepgate.inference.Sampling;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.TensorFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads the body of a request for text, field by field. */
final class GenerateReader implements JsonOperation.Reader<GenerateRequest> {

  /** More texts that end another are read by nobody. */
  private static final int MOST_STOPS = 64;

  /** Bytes of what a list has of each of its items, beside the item's own. */
  private static final int ITEM_BYTES = 64;

  /** The largest whole number that every reader of JSON knows as it is. */
  private static final long LARGEST_SEED = (1L << 53) - 1;

  private final ArrayMemory memory;
  private @Nullable List<Passage> prompts;
  private boolean batched;
  private int maxSteps;
  private @Nullable Double temperature;
  private @Nullable Integer topK;
  private @Nullable Double topP;
  private @Nullable Long seed;
  private List<Passage> stop = List.of();
  private boolean returnProbabilities;

  /**
   * @param memory of the prompts
   */
  GenerateReader(ArrayMemory memory) {
    this.memory = memory;
  }

  @Override
  public void readField(JsonParser json, String field) {
    boolean absent = json.currentToken() == JsonToken.VALUE_NULL;
    if (absent && !field.equals("prompt") && !field.equals("max_steps")) {
      requireKnown(field);
      return;
    }
    switch (field) {
      case "prompt" -> prompts = prompts(json);
      case "max_steps" ->
          maxSteps = (int) JsonFields.number(json, "/max_steps", 1, Integer.MAX_VALUE);
      case "temperature" -> temperature = temperature(json);
      case "top_k" -> topK = (int) JsonFields.number(json, "/top_k", 1, Integer.MAX_VALUE);
      case "top_p" -> topP = topP(json);
      case "seed" -> seed = JsonFields.number(json, "/seed", 0, LARGEST_SEED);
      case "stop" -> stop = stop(json);
      case "return_probabilities" ->
          returnProbabilities = JsonFields.flag(json, "/return_probabilities");
      default -> requireKnown(field);
    }
  }

  private static void requireKnown(String field) {
    List<String> known =
        List.of(
            "prompt",
            "max_steps",
            "temperature",
            "top_k",
            "top_p",
            "seed",
            "stop",
            "return_probabilities");
    if (!known.contains(field)) {
      throw JsonFields.unknown(field, String.join(", ", known));
    }
  }

  private static double number(JsonParser json, String pointer, String expected) {
    if (json.currentToken() == null || !json.currentToken().isNumeric()) {
      throw new TensorFormatException(pointer, "expected " + expected);
    }
    return json.getDoubleValue();
  }

  private static double temperature(JsonParser json) {
    double value = number(json, "/temperature", "a number from 0");
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new TensorFormatException("/temperature", "expected a number from 0, got " + value);
    }
    return value;
  }

  private static double topP(JsonParser json) {
    double value = number(json, "/top_p", "a number above 0, to 1");
    if (!(value > 0) || value > 1) {
      throw new TensorFormatException("/top_p", "expected a number above 0, to 1, got " + value);
    }
    return value;
  }

  private List<Passage> prompts(JsonParser json) {
    if (json.currentToken() == JsonToken.VALUE_STRING) {
      return List.of(text(json, "/prompt"));
    }
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw new TensorFormatException("/prompt", "expected text, ids, or a list of these");
    }
    JsonToken first = json.nextToken();
    if (first == JsonToken.END_ARRAY) {
      throw new TensorFormatException("/prompt", "is empty");
    }
    if (first == JsonToken.VALUE_NUMBER_INT) {
      return List.of(new Passage("/prompt", null, ids(json, "/prompt")));
    }
    batched = true;
    List<Passage> all = new ArrayList<>();
    for (JsonToken token = first; token != JsonToken.END_ARRAY; token = json.nextToken()) {
      String pointer = "/prompt/" + all.size();
      boolean isText = token == JsonToken.VALUE_STRING;
      if (token != (first == JsonToken.VALUE_STRING ? first : JsonToken.START_ARRAY)) {
        throw new TensorFormatException(
            pointer, "expected text, ids, or a list that is all of texts or all of lists of ids");
      }
      memory.change(ITEM_BYTES);
      if (isText) {
        all.add(text(json, pointer));
      } else {
        all.add(
            new Passage(
                pointer,
                null,
                json.nextToken() == JsonToken.END_ARRAY ? new int[0] : ids(json, pointer)));
      }
    }
    return all;
  }

  private Passage text(JsonParser json, String pointer) {
    String text = JsonFields.text(json, pointer);
    memory.change(2L * text.length());
    return new Passage(pointer, text, null);
  }

  /** Reads from the first number to the end of its list. */
  private int[] ids(JsonParser json, String pointer) {
    int[] ids = new int[16];
    int count = 0;
    for (JsonToken token = json.currentToken();
        token != JsonToken.END_ARRAY;
        token = json.nextToken()) {
      if (count == ids.length) {
        memory.change((long) Integer.BYTES * count);
        ids = Arrays.copyOf(ids, 2 * count);
      }
      ids[count] = (int) JsonFields.number(json, pointer + "/" + count, 0, Integer.MAX_VALUE);
      count++;
    }
    return Arrays.copyOf(ids, count);
  }

  private List<Passage> stop(JsonParser json) {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw new TensorFormatException("/stop", "expected a list of texts and ids");
    }
    List<Passage> all = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      String pointer = "/stop/" + all.size();
      if (all.size() == MOST_STOPS) {
        throw new TensorFormatException(pointer, "expected at most %d".formatted(MOST_STOPS));
      }
      switch (json.currentToken()) {
        case VALUE_STRING -> all.add(text(json, pointer));
        case VALUE_NUMBER_INT -> {
          int id = (int) JsonFields.number(json, pointer, 0, Integer.MAX_VALUE);
          all.add(new Passage(pointer, null, new int[] {id}));
        }
        default -> throw new TensorFormatException(pointer, "expected text or an id");
      }
    }
    return all;
  }

  /**
   * What was read.
   *
   * @throws TensorFormatException if a field is missing, or has no effect
   */
  @Override
  public GenerateRequest request() {
    List<Passage> all = prompts;
    if (all == null) {
      throw new TensorFormatException("/prompt", "is missing");
    }
    if (maxSteps == 0) {
      throw new TensorFormatException("/max_steps", "is missing");
    }
    if (temperature == null && (topK != null || topP != null)) {
      throw new TensorFormatException(
          "/temperature",
          "is missing: without one, or with 0, the likeliest token is taken whatever %s says"
              .formatted(topK != null ? "top_k" : "top_p"));
    }
    Sampling sampling =
        new Sampling(
            temperature == null ? 0 : temperature,
            topK == null ? 0 : topK,
            topP == null ? 1 : topP,
            seed == null ? ThreadLocalRandom.current().nextLong(LARGEST_SEED) : seed);
    return new GenerateRequest(all, batched, maxSteps, stop, sampling, returnProbabilities);
  }
}

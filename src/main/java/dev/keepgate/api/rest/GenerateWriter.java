package dev.keepgate.api.rest;

import dev.keepgate.inference.GenerateResult;
import dev.keepgate.inference.GenerateResult.Passage;
import dev.keepgate.tensor.JsonBuffer;
import java.util.Locale;

/** Writes what follows one prompt, or several. */
record GenerateWriter(GenerateResult result) {

  /** How many numbers there are, and pieces of text of a number's length, about. */
  long numbers() {
    long numbers = 8;
    for (Passage passage : result.passages()) {
      String text = passage.text();
      numbers += 8 + 2L * passage.ids().length + (text == null ? 0 : text.length() / 2);
    }
    return numbers;
  }

  void write(JsonBuffer json) {
    json.raw("{\"model\":\"").raw(result.id().name());
    json.raw("\",\"version\":\"").raw(Long.toString(result.id().version())).raw("\"");
    if (result.batched()) {
      json.raw(",\"passages\":[");
      for (Passage passage : result.passages()) {
        write(json.comma().raw("{"), passage);
        json.raw("}");
      }
      json.raw("]");
    } else {
      write(json.raw(","), result.passages().get(0));
    }
    result.seed().ifPresent(seed -> json.raw(",\"seed\":" + seed));
    json.raw("}");
  }

  private static void write(JsonBuffer json, Passage passage) {
    String text = passage.text();
    if (text != null) {
      json.raw("\"text\":").string(text).raw(",");
    }
    json.raw("\"ids\":[");
    for (int id : passage.ids()) {
      json.comma().raw(Integer.toString(id));
    }
    json.raw("],\"finish\":\"").raw(passage.finish().name().toLowerCase(Locale.ROOT));
    json.raw("\",\"steps\":" + passage.ids().length);
    float[] probabilities = passage.probabilities();
    if (probabilities != null) {
      json.raw(",\"probabilities\":").tensor(probabilities, 0, probabilities.length);
    }
  }
}

package dev.keepgate.api.rest;

import dev.keepgate.inference.AnswerEncoder;
import dev.keepgate.inference.BodyDecoder;
import dev.keepgate.inference.InferenceCall;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonBuffer;
import java.io.IOException;
import tools.jackson.core.JsonParser;

/**
 * What is asked of a model by one JSON object, and answered by another.
 *
 * @param <Q> the request
 * @param <A> its result
 */
interface JsonOperation<Q, A> {

  /**
   * Reads a request, field by field.
   *
   * @param <Q> the request
   */
  interface Reader<Q> {

    /** Reads the field that the parser stands on the value of. */
    void readField(JsonParser json, String field);

    /**
     * What was read.
     *
     * @throws dev.keepgate.tensor.TensorFormatException if a field is missing
     */
    Q request();
  }

  /**
   * @param memory of the tensors
   */
  Reader<Q> reader(Signature signature, ArrayMemory memory);

  /** Has it computed, and answered. */
  void compute(InferenceCall call, BodyDecoder<Q> decoder, AnswerEncoder<A, Boolean> encoder)
      throws IOException;

  /** How many numbers an answer has. */
  long numbers(A result);

  void write(A result, JsonBuffer json);
}

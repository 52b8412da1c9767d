package dev.keepgate.inference;

import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.LstmOutput;
import dev.keepgate.model.ModelId;

/**
 * What a request is answered.
 *
 * @param id the version that computed it
 * @param config its sizes
 * @param batch how many rows
 * @param time how many steps a row, padding included
 * @param operation what was asked
 * @param sequences whether {@code output} has every step
 * @param batched whether the request named a batch dimension, so that the answer has one too
 * @param output the numbers
 */
public record Answer(
    ModelId id,
    LstmConfig config,
    int batch,
    int time,
    Operation operation,
    boolean sequences,
    boolean batched,
    LstmOutput output) {}

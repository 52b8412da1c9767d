package dev.keepgate.registry.version;

import dev.keepgate.importer.Importers;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.registry.AnswerCheck;

/**
 * What makes files a model.
 *
 * @param importers read them
 * @param kernel computes it
 * @param answers hold it against what it is to answer
 */
public record LoadTools(Importers importers, LstmKernel kernel, AnswerCheck answers) {}

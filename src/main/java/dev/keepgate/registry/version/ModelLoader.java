package dev.keepgate.registry.version;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.Importers;
import dev.keepgate.importer.ModelFormat;
import dev.keepgate.importer.SideFiles;
import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.model.ExpectedAnswers;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.registry.AnswerCheck;
import dev.keepgate.registry.AnswersFound;
import dev.keepgate.registry.ModelDescription;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.registry.repository.ModelSource;
import dev.keepgate.tensor.Tensor;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes files into a model that can serve: read, given memory, compiled, warmed up. */
final class ModelLoader {

  /** Heap for reading a file of n bytes: its numbers, and what is made of them, take n each. */
  private static final long IMPORT_FACTOR = 2;

  private static final long MIN_IMPORT = 16 << 20;

  private static final int WARM_UP_STEPS = 2;

  private final Importers importers;
  private final AnswerCheck answers;
  private final ImportLimits limits;
  private final LstmKernel kernel;
  private final MemoryBudget budget;
  private final ImportMemory heap;

  ModelLoader(LoadTools tools, ImportLimits limits, MemoryBudget budget, ImportMemory heap) {
    this.importers = tools.importers();
    this.kernel = tools.kernel();
    this.answers = tools.answers();
    this.limits = limits;
    this.budget = budget;
    this.heap = heap;
  }

  /**
   * A model that is ready to serve, with its part of the budget.
   *
   * @param memory to be closed after the model
   * @param digest of the files that it was made of
   */
  record Loaded(
      CompiledModel model,
      MemoryBudget.Reservation memory,
      ModelDescription description,
      String digest) {

    /** Frees it all, where it is not to serve after all. */
    void discard() {
      try (memory) {
        model.close();
      }
    }
  }

  /** What is to be done with a model while it is on the heap. */
  private interface Use<R> {
    R apply(ModelFormat format, ImportedModel imported) throws ImportException;
  }

  /**
   * Loads a model.
   *
   * @throws ImportException if it cannot be served
   * @throws RegistryException.NoMemory if it does not fit, told before it is compiled
   * @throws IOException if the disk fails
   */
  Loaded load(ModelSource source) throws IOException, ImportException {
    String digest = source.digest();
    return withImported(
        source,
        (format, imported) -> {
          return load(format, imported, digest);
        });
  }

  private Loaded load(ModelFormat format, ImportedModel imported, String digest)
      throws ImportException {
    MemoryBudget.Reservation memory = reserve(imported.network());
    try {
      return compile(format, imported, memory, digest);
    } catch (Throwable e) {
      memory.close();
      throw e;
    }
  }

  /** Reads a model, throws what {@link #load} throws, and keeps nothing. */
  ModelDescription describe(ModelSource source) throws IOException, ImportException {
    return withImported(
        source,
        (format, imported) -> {
          if (imported.expected() != null) {
            Loaded loaded = load(format, imported, "");
            loaded.discard();
            return loaded.description();
          }
          reserve(imported.network()).close();
          long bytes = kernel.compiledBytes(imported.network().parameters());
          return describe(format, imported, bytes, null);
        });
  }

  /**
   * A small file may unfold into a large model, or pretend to. So what is made of it is bounded by
   * the heap that was taken for it, which is little at first, and all there is when that was not
   * enough.
   */
  private <R> R withImported(ModelSource source, Use<R> use) throws IOException, ImportException {
    long wanted = Math.max(MIN_IMPORT, Math.multiplyExact(IMPORT_FACTOR, source.bytes()));
    try {
      if (wanted < Math.min(limits.maxBytes(), heap.total())) {
        return withImported(source, wanted, use);
      }
    } catch (ImportException e) {
      if (e.fault() != ImportException.Fault.TOO_LARGE) {
        throw e;
      }
    }
    try {
      return withImported(source, heap.total(), use);
    } catch (ImportException e) {
      boolean isOurs = heap.total() < limits.maxBytes() && source.bytes() > heap.total();
      if (isOurs && e.fault() == ImportException.Fault.TOO_LARGE) {
        throw noHeap(source);
      }
      throw e;
    }
  }

  private <R> R withImported(ModelSource source, long memory, Use<R> use)
      throws IOException, ImportException {
    int taken = heap.take(memory);
    try {
      byte[] config = source.config();
      ImportLimits bounds = limits.within(memory);
      try (Importers.Source opened = importers.open(source.files(), source.format(), bounds)) {
        return use.apply(
            opened.format(),
            opened.read(config == null ? ImportConfig.NONE : ImportConfig.parse(config)));
      }
    } catch (OutOfMemoryError e) {
      throw noHeap(source);
    } finally {
      heap.giveBack(taken);
    }
  }

  private static RegistryException noHeap(ModelSource source) {
    Runtime jvm = Runtime.getRuntime();
    long free = jvm.maxMemory() - jvm.totalMemory() + jvm.freeMemory();
    return new RegistryException.NoMemory(
        "reading the model", IMPORT_FACTOR * source.bytes(), free, jvm.maxMemory());
  }

  private MemoryBudget.Reservation reserve(Network model) {
    return budget.reserve("the model", kernel.compiledBytes(model.parameters()));
  }

  private Loaded compile(
      ModelFormat format, ImportedModel imported, MemoryBudget.Reservation memory, String digest)
      throws ImportException {
    CompiledModel model;
    try {
      model = kernel.compile(imported.network());
    } catch (OutOfMemoryError e) {
      throw new RegistryException.NoMemory(
          "the model",
          kernel.compiledBytes(imported.network().parameters()),
          budget.total() - budget.used(),
          budget.total());
    }
    try {
      memory.resize(model.bytes());
      AnswersFound found = null;
      if (imported.expected() == null) {
        warmUp(model);
      } else {
        found = check(imported.expected(), model);
      }
      ModelDescription description = describe(format, imported, model.bytes(), found);
      return new Loaded(model, memory, description, digest);
    } catch (Throwable e) {
      model.close();
      throw e;
    }
  }

  /**
   * Asks a model what is known of its answers, which warms it up as well.
   *
   * @throws ImportException if it answers otherwise, which names the cases
   */
  private AnswersFound check(ExpectedAnswers expected, CompiledModel model) throws ImportException {
    AnswerCheck.Outcome outcome;
    try (LstmKernel.Scratch scratch = kernel.newScratch()) {
      outcome =
          answers.check(
              expected,
              model.signature(),
              (input, sequences) -> model.unroll(input, sequences, false, scratch));
    }
    if (outcome.faults().isEmpty()) {
      return outcome.found();
    }
    List<ImportException.Problem> problems =
        outcome.faults().stream()
            .map(
                fault ->
                    new ImportException.Problem(SideFiles.EXPECTED + fault.where(), fault.detail()))
            .toList();
    ImportException.Problem first = problems.get(0);
    throw new ImportException(
        ImportException.Fault.UNSUPPORTED, first.where() + ": " + first.detail(), problems);
  }

  /** The first run pays for what is made only once; no request shall. */
  private void warmUp(CompiledModel model) {
    Signature signature = model.signature();
    int steps = Math.max(WARM_UP_STEPS, signature.inside().leastSteps());
    List<Tensor> inputs = signature.inputs().stream().map(input -> zeros(input, steps)).toList();
    NetworkInput zeros =
        new NetworkInput(
            1,
            steps,
            inputs.get(0) instanceof Tensor.Floats floats ? floats.values() : new float[0],
            inputs.get(0) instanceof Tensor.Ints ids ? ids.values() : null,
            null,
            RecurrentState.zero(signature.state(), 1),
            inputs.subList(1, inputs.size()));
    try (LstmKernel.Scratch scratch = kernel.newScratch()) {
      model.unroll(zeros, true, false, scratch);
    }
  }

  private static Tensor zeros(Signature.Input input, int steps) {
    int[] shape = input.sizes(1, steps);
    for (int axis = 0; axis < shape.length; axis++) {
      shape[axis] = shape[axis] == 0 ? steps : shape[axis];
    }
    int count = Math.toIntExact(Tensor.count(shape));
    return input.vocabulary().isPresent()
        ? new Tensor.Ints(shape, new int[count])
        : new Tensor.Floats(shape, new float[count]);
  }

  private static ModelDescription describe(
      ModelFormat format, ImportedModel imported, long bytes, @Nullable AnswersFound found) {
    Network network = imported.network();
    return new ModelDescription(
        format,
        network.framework(),
        network.signature(),
        network.describe(),
        network.parameters(),
        bytes,
        imported.unusedTensors(),
        imported.forward(),
        imported.assumed(),
        found);
  }
}

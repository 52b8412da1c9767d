package dev.keepgate.inference;

import dev.keepgate.model.ExpectedAnswers;
import dev.keepgate.model.ExpectedAnswers.Asked;
import dev.keepgate.model.ExpectedAnswers.Case;
import dev.keepgate.model.ExpectedAnswers.Tolerance;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.Signature;
import dev.keepgate.model.StateLayout;
import dev.keepgate.registry.AnswerCheck;
import dev.keepgate.registry.AnswersFound;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeSet;

/** Holds a model against what it is to answer: validated, scaled and undone as a request's are. */
public final class ExpectedAnswersCheck implements AnswerCheck {

  private static final int MAX_FAULTS = 10;

  private final long maxBytes;

  /**
   * @param maxBytes what computing a case may take
   */
  public ExpectedAnswersCheck(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  @Override
  public Outcome check(ExpectedAnswers expected, Signature signature, Computation computation) {
    List<Fault> faults = new ArrayList<>();
    double largest = 0;
    Tolerance tolerance = new Tolerance(0, 0);
    for (int i = 0; i < expected.cases().size() && faults.size() < MAX_FAULTS; i++) {
      Case each = expected.cases().get(i);
      CaseCheck check = new CaseCheck("/" + i, each, signature);
      try {
        largest = Math.max(largest, check.difference(computation));
      } catch (InferenceException.InvalidInput e) {
        e.errors().forEach(error -> faults.add(new Fault(error.field(), error.detail())));
      }
      tolerance = tolerance.or(each.tolerance());
    }
    return new Outcome(new AnswersFound(expected.cases().size(), largest, tolerance), faults);
  }

  /** One case. */
  private final class CaseCheck {

    private final String at;
    private final Case of;
    private final Signature signature;

    CaseCheck(String at, Case of, Signature signature) {
      this.at = at;
      this.of = of;
      this.signature = signature;
    }

    /**
     * The largest difference.
     *
     * @throws InferenceException.InvalidInput if one is beyond the tolerance, or the case is none
     *     of the model's
     */
    double difference(Computation computation) {
      InferenceRequest request = request();
      if (request.operation() == Operation.STEP && !signature.isCausal()) {
        throw fault("/operation", "this model cannot step: it needs %s; unroll".formatted(whole()));
      }
      InputValidator validator = new InputValidator(signature, request);
      NetworkInput input = validator.validate(validator.size(), null);
      long bytes = WorkingMemory.of(signature, input, request).bytes();
      if (bytes > maxBytes) {
        throw fault(
            "",
            ("takes %,d bytes to compute, of at most %,d; send fewer rows or steps, or set"
                    + " keepgate.inference.max-working-memory")
                .formatted(bytes, maxBytes));
      }
      NetworkOutput output = computation.unroll(input, request.returnsSequences(signature));
      InferenceResult.Shape shape = InferenceResult.Shape.of(request, signature, input);
      return difference(InferenceResult.outputs(signature, shape, output), request);
    }

    private String whole() {
      return String.valueOf(signature.inside().whole());
    }

    private InferenceException.InvalidInput fault(String field, String detail) {
      return new InferenceException.InvalidInput(at + field, detail);
    }

    private InferenceRequest request() {
      Asked asked = of.asked();
      List<String> names = signature.inputs().stream().map(Signature.Input::name).toList();
      Map<String, Tensor.Doubles> given = asked.inputs().of(names);
      requireNames(given, names, asked.inputs().only() == null ? "/inputs" : "/x");
      boolean hasOnly = asked.inputs().only() != null;
      return new InferenceRequest(
          asked.isStep() ? Operation.STEP : Operation.UNROLL,
          names.stream().<Tensor>map(given::get).toList(),
          InferenceRequest.State.of(state(asked.state())),
          asked.lengths(),
          new InferenceRequest.Options(
              asked.returnSequences(),
              false,
              OptionalLong.empty(),
              new InferenceRequest.Units(of.scaled(), 1)),
          new InferenceRequest.Fields(
              name -> at + (hasOnly ? "/x" : "/inputs" + TensorFormatException.token(name)),
              slot -> at + "/state" + TensorFormatException.token(slot),
              at + "/lengths"));
    }

    private void requireNames(Map<String, Tensor.Doubles> given, List<String> names, String field) {
      if (!given.keySet().equals(new TreeSet<>(names))) {
        throw fault(field, "expected %s, got %s".formatted(names, new TreeSet<>(given.keySet())));
      }
    }

    private Map<String, List<Tensor>> state(Map<String, List<Tensor>> given) {
      StateLayout layout = signature.state();
      Map<String, List<Tensor>> slots = new HashMap<>();
      given.forEach(
          (name, parts) -> {
            if (!layout.names().contains(name)) {
              throw fault(
                  "/state" + TensorFormatException.token(name),
                  "is unknown; known are " + String.join(", ", layout.names()));
            }
            slots.put(name, layout.isUniform(name) ? List.of(whole(name, parts)) : parts);
          });
      return slots;
    }

    private Tensor whole(String name, List<Tensor> parts) {
      int[] inner = parts.isEmpty() ? new int[0] : parts.get(0).shape();
      if (parts.stream().anyMatch(part -> !Arrays.equals(part.shape(), inner))) {
        throw fault("/state" + TensorFormatException.token(name), "its rows differ in shape");
      }
      int[] shape = new int[inner.length + 1];
      shape[0] = parts.size();
      System.arraycopy(inner, 0, shape, 1, inner.length);
      float[][] values =
          parts.stream().map(part -> ((Tensor.Floats) part).values()).toArray(float[][]::new);
      return new Tensor.Floats(
          shape, Tensor.Floats.stacked(values, Math.toIntExact(Tensor.count(shape))).values());
    }

    private double difference(List<InferenceResult.Output> outputs, InferenceRequest request) {
      List<String> names = signature.outputs().stream().map(Signature.Output::name).toList();
      Map<String, Tensor.Doubles> given = of.outputs().of(names);
      boolean hasOnly = of.outputs().only() != null;
      requireNames(given, names, hasOnly ? "/output" : "/outputs");
      double largest = 0;
      for (InferenceResult.Output output : outputs) {
        String name = output.described().name();
        String field = hasOnly ? "/output" : "/outputs" + TensorFormatException.token(name);
        int[] shape =
            request.isBatched(signature)
                ? output.shape()
                : Arrays.copyOfRange(output.shape(), 1, output.shape().length);
        largest =
            Math.max(largest, difference(field, shape, output.numbers(), expected(given, name)));
      }
      return largest;
    }

    private Tensor.Doubles expected(Map<String, Tensor.Doubles> given, String name) {
      Tensor.Doubles expected = given.get(name);
      if (expected == null) {
        throw new IllegalStateException("its names were looked at");
      }
      return expected;
    }

    private double difference(String field, int[] shape, double[] got, Tensor.Doubles expected) {
      if (!Arrays.equals(shape, expected.shape())) {
        throw fault(
            field,
            "has the shape %s, the model answers %s; return_sequences says whether every step"
                    .formatted(Arrays.toString(expected.shape()), Arrays.toString(shape))
                + " is answered");
      }
      double largest = 0;
      for (int i = 0; i < got.length; i++) {
        double wanted = expected.values()[i];
        double difference = Math.abs(got[i] - wanted);
        // So that a NaN is none within it.
        if (!(difference <= of.tolerance().at(wanted))) {
          throw fault(field, differs(StateValidator.position(i, shape), wanted, got[i]));
        }
        largest = Math.max(largest, difference);
      }
      return largest;
    }

    private String differs(String index, double expected, double got) {
      return ("at %s: expected %s, got %s, a difference of %s, beyond the tolerance of %s (%s + %s"
              + " of the expected); look for what the file cannot say (config), or widen the case's"
              + " tolerance")
          .formatted(
              index,
              expected,
              got,
              Math.abs(got - expected),
              of.tolerance().at(expected),
              of.tolerance().absolute(),
              of.tolerance().relative());
    }
  }
}

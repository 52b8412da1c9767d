import client.jdk.v1.ApiClient;
import client.jdk.v1.api.InferenceApi;
import client.jdk.v1.api.ModelsApi;
import client.jdk.v1.api.SequencesApi;
import client.jdk.v1.model.InferenceAnswer;
import client.jdk.v1.model.Model;
import client.jdk.v1.model.OpenSequence;
import client.jdk.v1.model.Sequence;
import client.jdk.v1.model.SequenceAnswer;
import client.jdk.v1.model.SequenceStep;
import client.jdk.v1.model.StepRequest;
import client.jdk.v1.model.UnrollRequest;
import client.jdk.v2.model.InferInput;
import client.jdk.v2.model.InferRequest;
import client.jdk.v2.model.InferResponse;
import java.io.File;
import java.util.List;

/** Steps, unrolls, uploads and keeps a sequence by a generated client; ends with 0 if all is right. */
class Client {

  public static void main(String[] args) throws Exception {
    String server = args[0];
    File file = new File(args[1]);
    ApiClient client = new ApiClient();
    client.updateBaseUri(server);
    client.jdk.v2.ApiClient oip = new client.jdk.v2.ApiClient();
    oip.updateBaseUri(server);
    InferenceApi inference = new InferenceApi(client);
    List<Object> x = List.of(List.of(1, 2, 3, 4, 3, 2), List.of(3, 2, 2, 2, 2, 2));
    InferenceAnswer step =
        inference.step("notebook-cell", new StepRequest().x(x), null, null, null, null, null, null, null);
    near(step.getOutput(), -0.05328178);
    near(step.getState().getC(), -0.09374233);

    InferenceAnswer unroll =
        inference.unroll(
            "notebook-sequence",
            new UnrollRequest().x(List.of(x)).lengths(List.of(2)).trace(true),
            null, null, "10s", null, null, null, null, null, null, null, null, null, null, null);
    equal(3, depth(unroll.getOutput()));
    equal(1, unroll.getTrace().size());

    ModelsApi models = new ModelsApi(client);
    // The generator's Java clients send no file as a body itself.
    Model put = models.uploadModelVersion("native", "1", List.of(file), null, null, List.of(), List.of(), List.of(), List.of(), List.of(), List.of());
    equal("AVAILABLE", put.getStatus());
    Model form =
        models.uploadModelVersion("native", "2", List.of(file), null, "{\"forget_bias\": 0.5}", List.of(), List.of(), List.of(), List.of(), List.of(), List.of());
    equal(0.5f, form.getLayers().get(0).getForgetBias());
    models.deleteModel("native");

    SequencesApi sequences = new SequencesApi(client);
    Sequence opened =
        sequences.openSequence(
            "notebook-cell", null, null, null, null, new OpenSequence().batch(2).ttl("1m"));
    SequenceAnswer first =
        sequences.stepSequence(
            opened.getId(), new SequenceStep().x(x).step(1L), null, null, null, null, null, null, null, null);
    equal(step.getOutput(), first.getOutput());
    Sequence exported = sequences.getSequence(opened.getId());
    equal(1L, exported.getStep());
    equal(step.getState().getH(), exported.getState().getH());
    sequences.deleteSequence(opened.getId());

    InferResponse infer =
        new client.jdk.v2.api.ModelsApi(oip)
            .modelInfer(
                "notebook-cell",
                new InferRequest()
                    .addInputsItem(
                        new InferInput()
                            .name("x")
                            .datatype(InferInput.DatatypeEnum.FP32)
                            .shape(List.of(1, 1, 6))
                            .data(List.of(1, 2, 3, 4, 3, 2))),
                null, null, null);
    near(infer.getOutputs().get(0).getData(), -0.05328178);
  }

  private static int depth(Object value) {
    return value instanceof List<?> list ? 1 + depth(list.get(0)) : 0;
  }

  private static void near(Object tensor, double expected) {
    Object first = tensor;
    while (first instanceof List<?> list) {
      first = list.get(0);
    }
    if (Math.abs(((Number) first).doubleValue() - expected) > 1e-6) {
      throw new AssertionError(first + " is not " + expected);
    }
  }

  private static void equal(Object expected, Object got) {
    if (!expected.equals(got)) {
      throw new AssertionError(got + " is not " + expected);
    }
  }
}

"""Steps, unrolls, uploads and keeps a sequence by the generated clients; ends with 0 if all is right."""
import sys

import keepgate_v1 as v1
import keepgate_v2 as v2

server, file, name = sys.argv[1:4]


def near(tensor, expected):
    while isinstance(tensor, list):
        tensor = tensor[0]
    assert abs(tensor - expected) < 1e-6, (tensor, expected)


client = v1.ApiClient(v1.Configuration(host=server))
x = [[1, 2, 3, 4, 3, 2], [3, 2, 2, 2, 2, 2]]
inference = v1.InferenceApi(client)
step = inference.step("notebook-cell", v1.StepRequest(x=x))
near(step.output, -0.05328178)
near(step.state.c, -0.09374233)
unroll = inference.unroll("notebook-sequence", v1.UnrollRequest(x=[x], lengths=[2], trace=True), deadline="10s")
assert len(unroll.output[0]) == 2 and len(unroll.trace) == 1, unroll

models = v1.ModelsApi(client)
with open(file, "rb") as source:
    content = source.read()
put = models.put_model_version(name, "1", content)
assert put.status == "AVAILABLE", put
# Newer generators take what a file holds, older ones its path.
taken = [file] if name.endswith("v1") else [("model", content)]
form = models.upload_model_version(name, "2", taken, config='{"forget_bias": 0.5}')
assert form.layers[0].forget_bias == 0.5, form
models.delete_model(name)

sequences = v1.SequencesApi(client)
opened = sequences.open_sequence("notebook-cell", open_sequence=v1.OpenSequence(batch=2, ttl="1m"))
first = sequences.step_sequence(opened.id, v1.SequenceStep(x=x, step=1))
assert first.output == step.output and first.step == 1, first
exported = sequences.get_sequence(opened.id)
assert exported.step == 1 and exported.state.h == step.state.h, exported
sequences.delete_sequence(opened.id)

oip = v2.ModelsApi(v2.ApiClient(v2.Configuration(host=server)))
given = v2.InferInput(name="x", datatype="FP32", shape=[1, 1, 6], data=[1, 2, 3, 4, 3, 2])
near(oip.model_infer("notebook-cell", v2.InferRequest(inputs=[given])).outputs[0].data, -0.05328178)

try:
    inference.step("notebook-cell", v1.StepRequest(x=[[1]]))
    raise AssertionError("a wrong shape is taken")
except v1.ApiException as refused:
    assert refused.status == 400 and "requestId" in str(refused.body), refused

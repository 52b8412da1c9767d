"""Writes ONNX files as exporters do, with the numbers that ONNX Runtime computes from them.

    pip install torch onnx onnxruntime onnxscript
    python src/test/python/onnx_exports.py src/test/resources/golden

One folder a case: model.onnx, and case.json with the inputs as a request has them (batch first,
states by layer and direction) and the outputs as an answer has them.
"""

import json
import pathlib
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

warnings.filterwarnings("ignore")
ROOT = pathlib.Path(sys.argv[1])


class Tagger(nn.Module):
    """Embedding, stacked bidirectional LSTM, linear layer on every step."""

    def __init__(self, batch_first=True):
        super().__init__()
        self.embed = nn.Embedding(11, 4)
        self.lstm = nn.LSTM(4, 3, 2, bidirectional=True, batch_first=batch_first)
        self.out = nn.Linear(6, 5)

    def forward(self, x):
        return self.out(self.lstm(self.embed(x))[0])


class Classifier(nn.Module):
    """The last step through a linear layer and softmax."""

    def __init__(self, batch_first):
        super().__init__()
        self.lstm = nn.LSTM(4, 3, 2, batch_first=batch_first)
        self.out = nn.Linear(3, 2)
        self.batch_first = batch_first

    def forward(self, x):
        y = self.lstm(x)[0]
        return torch.softmax(self.out(y[:, -1] if self.batch_first else y[-1]), -1)


class FinalStates(nn.Module):
    """The two directions' final h side by side, dropout, linear, log softmax."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 3, 2, bidirectional=True, batch_first=True, dropout=0.5)
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(6, 3)

    def forward(self, x):
        _, (h, _) = self.lstm(x)
        return torch.log_softmax(self.out(self.drop(torch.cat((h[-2], h[-1]), 1))), -1)


class LastHidden(nn.Module):
    """h of the last layer, batch normalisation, relu between two linear layers."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 5, 2)
        self.norm = nn.BatchNorm1d(5)
        self.norm.running_mean.uniform_(-0.5, 0.5)
        self.norm.running_var.uniform_(0.5, 1.5)
        self.hidden = nn.Linear(5, 4)
        self.out = nn.Linear(4, 1)

    def forward(self, x):
        _, (h, _) = self.lstm(x)
        return torch.sigmoid(self.out(torch.relu(self.hidden(self.norm(h[-1])))))


class OuterSteps(nn.Module):
    """The step that each direction read last, taken from the sequence."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 3, bidirectional=True, batch_first=True)
        self.out = nn.Linear(6, 2)

    def forward(self, x):
        y, _ = self.lstm(x)
        return self.out(torch.cat((y[:, -1, :3], y[:, 0, 3:]), -1))


class Stateful(nn.Module):
    """Given and answered states."""

    def __init__(self, bidirectional, batch_first):
        super().__init__()
        self.lstm = nn.LSTM(4, 3, 2, bidirectional=bidirectional, batch_first=batch_first)

    def forward(self, x, h0, c0):
        y, (h, c) = self.lstm(x, (h0, c0))
        return y, h, c


class Normalised(nn.Module):
    """A linear layer before, layer normalisation between two LSTMs, tanh behind."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 3)
        self.first = nn.LSTM(3, 4, batch_first=True)
        self.norm = nn.LayerNorm(4)
        nn.init.uniform_(self.norm.weight, 0.5, 1.5)
        nn.init.uniform_(self.norm.bias, -0.5, 0.5)
        self.second = nn.LSTM(4, 3, batch_first=True)

    def forward(self, x):
        y = self.norm(self.first(torch.tanh(self.inner(x)))[0])
        return torch.tanh(self.second(y)[0])


class Gated(nn.Module):
    """SiLU, hard swish and bounds, of directions of one unit."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 1, 2, bidirectional=True, batch_first=True)
        self.head = nn.Sequential(
            nn.Linear(2, 4), nn.SiLU(), nn.Linear(4, 3), nn.Hardswish(), nn.Hardtanh(-0.3, 0.4))

    def forward(self, x):
        return self.head(self.lstm(x)[0])


class Packed(nn.Module):
    """Sequences of given lengths."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 3, 1, bidirectional=True, batch_first=True)

    def forward(self, x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(
            x, lengths, batch_first=True, enforce_sorted=True)
        y, (h, c) = self.lstm(packed)
        return nn.utils.rnn.pad_packed_sequence(y, batch_first=True)[0], h, c


def listed(array):
    return {"shape": list(array.shape), "data": np.asarray(array).ravel().tolist()}


def save(name, note, model, feed, request, answer):
    """Runs a model (bytes) on the feed, and writes the case.

    request: names of a request to arrays; answer: from the outputs to names of an answer.
    """
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]
    assert len(names) == len(feed), (names, len(feed))
    outputs = session.run(None, dict(zip(names, feed)))
    folder = ROOT / ("onnx-export-" + name)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model)
    case = {
        "note": note,
        "files": ["model.onnx"],
        "inputs": {key: listed(value) for key, value in request.items()},
        "expected": {key: listed(value) for key, value in answer(*outputs).items()},
        "tolerance": 1e-05,
    }
    (folder / "case.json").write_text(json.dumps(case))
    print(name, len(model))


def without_metadata(model):
    """What an exporter notes of each node for people is several times the graph itself."""
    proto = onnx.load_from_string(model)
    for node in proto.graph.node:
        del node.metadata_props[:]
    del proto.graph.value_info[:]
    return proto.SerializeToString()


def export(name, module, args, request, answer, axes, dynamo, dynamic=True):
    """Exports a PyTorch module; axes: for each argument, axis to its name."""
    module.eval()
    path = ROOT / "model.tmp.onnx"
    if dynamo:
        kwargs = {}
        if dynamic:
            auto = torch.export.Dim.AUTO
            kwargs["dynamic_shapes"] = tuple({i: auto for i in each} for each in axes)
        torch.onnx.export(module, args, path, dynamo=True, external_data=False, verbose=False, **kwargs)
    else:
        names = ["x", "h0", "c0"][: len(args)] if len(args) != 2 else ["x", "lengths"]
        kwargs = {"dynamic_axes": dict(zip(names, axes))} if dynamic else {}
        torch.onnx.export(module, args, path, dynamo=False, input_names=names, **kwargs)
    model = path.read_bytes()
    path.unlink()
    model = without_metadata(model)
    note = "%s, PyTorch %s exporter, %s" % (
        " ".join(module.__doc__.split()),
        "dynamo" if dynamo else "TorchScript",
        "sizes left open" if dynamic else "sizes fixed")
    kind = ("dynamo" if dynamo else "script") + ("" if dynamic else "-fixed")
    save(name + "-" + kind, note, model, [a.numpy() for a in args], request, answer)


def exports():
    torch.manual_seed(7)
    batch, time = 3, 5
    x = torch.randn(batch, time, 4)
    turned = x.transpose(0, 1).contiguous()
    ids = torch.randint(0, 11, (batch, time))
    front = {0: "batch", 1: "time"}
    back = {0: "time", 1: "batch"}
    y = lambda out, *rest: {"y": out}
    for dynamo in (False, True):
        export("tagger", Tagger(), (ids,), {"ids": ids}, y, [front], dynamo)
        export("tagger-time-major", Tagger(False), (ids.T.contiguous(),), {"ids": ids},
               lambda out: {"y": out.transpose(1, 0, 2)}, [back], dynamo)
        export("tagger", Tagger(), (ids,), {"ids": ids}, y, [front], dynamo, dynamic=False)
        export("classifier", Classifier(True), (x,), {"x": x}, y, [front], dynamo)
        export("classifier-time-major", Classifier(False), (turned,), {"x": x}, y, [back], dynamo)
        export("classifier", Classifier(True), (x,), {"x": x}, y, [front], dynamo, dynamic=False)
        export("final-states", FinalStates(), (x,), {"x": x}, y, [front], dynamo)
        export("last-hidden", LastHidden(), (turned,), {"x": x}, y, [back], dynamo)
        export("outer-steps", OuterSteps(), (x,), {"x": x}, y, [front], dynamo)
        export("normalised", Normalised(), (x,), {"x": x}, y, [front], dynamo) if dynamo else None
        for both in (False, True):
            states = [torch.randn(4 if both else 2, batch, 3) for _ in range(2)]
            first = not both
            export(
                "stateful-both" if both else "stateful", Stateful(both, first),
                (x if first else turned, *states), {"x": x, "h0": states[0], "c0": states[1]},
                lambda out, h, c: {"y": out if first else out.transpose(1, 0, 2), "h": h, "c": c},
                [front if first else back, {1: "batch"}, {1: "batch"}], dynamo)
    lengths = torch.tensor([5, 3, 2])
    export("packed-sorted", Packed(), (x, lengths), {"x": x, "lengths": lengths},
           lambda out, h, c: {"y_lengths": out, "h_lengths": h, "c_lengths": c},
           [front, {0: "batch"}], False)


def lstm_node(rng, name, note, inputs, hidden, *, direction="forward", layout=0, bias=True,
              peepholes=False, lengths=None, states=True, batch=3, time=4, dtype=np.float32, shapes=True,
              **options):
    """One LSTM operator of random numbers."""
    both = 2 if direction == "bidirectional" else 1

    def weights(*shape):
        return rng.uniform(-0.7, 0.7, shape).astype(dtype)

    constants = {"W": weights(both, 4 * hidden, inputs), "R": weights(both, 4 * hidden, hidden)}
    if bias:
        constants["B"] = weights(both, 8 * hidden)
    if peepholes:
        constants["P"] = weights(both, 3 * hidden)
    x = weights(batch, time, inputs)
    h0, c0 = weights(both, batch, hidden), weights(both, batch, hidden)
    first = layout == 1
    feed = {"X": x if first else x.transpose(1, 0, 2)}
    request = {"x": x}
    if lengths is not None:
        feed["lens"] = request["lengths"] = np.array(lengths, np.int32)
    if states:
        request.update(h0=h0, c0=c0)
        feed["h0"], feed["c0"] = (s.transpose(1, 0, 2) if first else s for s in (h0, c0))
    node = helper.make_node(
        "LSTM",
        ["X", "W", "R", "B" if bias else "", "lens" if lengths is not None else "",
         "h0" if states else "", "c0" if states else "", "P" if peepholes else ""],
        ["Y", "Y_h", "Y_c"], name="the_lstm", hidden_size=hidden, direction=direction,
        **({"layout": 1} if first else {}), **options)
    float_type = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    graph = helper.make_graph(
        [node], "lstm",
        [helper.make_tensor_value_info(
            n, TensorProto.INT32 if n == "lens" else float_type, v.shape if shapes else None)
         for n, v in feed.items()],
        [helper.make_tensor_value_info(n, float_type, None) for n in ("Y", "Y_h", "Y_c")],
        [numpy_helper.from_array(v, n) for n, v in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    suffix = "" if lengths is None else "_lengths"

    def answer(y, h, c):
        if not first:
            y, h, c = y.transpose(2, 0, 1, 3), h, c
        else:
            h, c = h.transpose(1, 0, 2), c.transpose(1, 0, 2)
        return {"y" + suffix: y.reshape(batch, time, -1), "h" + suffix: h, "c" + suffix: c}

    save("node-" + name, note, model.SerializeToString(), list(feed.values()), request, answer)


def nodes():
    rng = np.random.default_rng(11)
    both = dict(direction="bidirectional")
    lstm_node(rng, "plain", "no bias, no states", 3, 2, bias=False, states=False)
    lstm_node(rng, "both-peephole-coupled", "peepholes, clip, input_forget, both directions, lengths",
              3, 4, peepholes=True, clip=0.6, input_forget=1, lengths=[4, 1, 3], **both)
    lstm_node(rng, "reverse-lengths", "reverse with sequence_lens", 2, 3, direction="reverse",
              lengths=[2, 4, 1])
    lstm_node(rng, "constants", "alpha and beta are taken by those activations that have them", 4, 3,
              activations=["HardSigmoid", "LeakyRelu", "Affine", "Sigmoid", "ScaledTanh", "Elu"],
              activation_alpha=[0.3, 0.2, 0.8, 1.2, 0.7], activation_beta=[0.4, 0.1, 0.9], **both)
    lstm_node(rng, "defaults", "activations with the constants that they have where none are given",
              4, 3, activations=["HardSigmoid", "LeakyRelu", "Softsign", "sigmoid", "ThresholdedRelu", "Elu"],
              **both)
    lstm_node(rng, "more-defaults", "activations with the constants that they have where none are given",
              4, 3, activations=["Sigmoid", "Affine", "ScaledTanh"])
    lstm_node(rng, "softplus", "softplus and relu", 4, 3, activations=["Sigmoid", "Softplus", "Relu"])


def keras_like():
    """Graphs as tf2onnx makes them of Keras models: batch first outside, time first inside."""
    rng = np.random.default_rng(13)
    batch, time, inputs, hidden, out = 3, 4, 5, 3, 2

    def weights(*shape):
        return rng.uniform(-0.7, 0.7, shape).astype(np.float32)

    def build(name, note, nodes, constants, outputs=("out",), answer=lambda y: {"y": y}, x=None,
              rank=3):
        x = weights(batch, time, inputs) if x is None else x
        graph = helper.make_graph(
            nodes, "model",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", None, x.shape[2]])],
            [helper.make_tensor_value_info(o, TensorProto.FLOAT, [None] * rank) for o in outputs],
            [numpy_helper.from_array(v, n) for n, v in constants.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
        onnx.checker.check_model(model)
        save("keras-" + name, note, model.SerializeToString(), [x], {"x": x}, answer)

    def lstm(both):
        d = 2 if both else 1
        return {"W": weights(d, 4 * hidden, inputs), "R": weights(d, 4 * hidden, hidden),
                "B": weights(d, 8 * hidden)}

    node = helper.make_node
    ints = lambda *v: np.array(v, np.int64)
    build(
        "sequences", "LSTM with states of zero made from the input's shape, Dense on every step",
        [node("Transpose", ["x"], ["xt"], perm=[1, 0, 2]),
         node("Shape", ["x"], ["shape"]),
         node("Cast", ["shape"], ["shape32"], to=TensorProto.INT32),
         node("Slice", ["shape32", "zero", "one", "zero"], ["batch"]),
         node("Cast", ["batch"], ["batch64"], to=TensorProto.INT64),
         node("Concat", ["batch64", "hidden"], ["state_shape"], axis=0),
         node("Expand", ["float_zero", "state_shape"], ["state"]),
         node("Unsqueeze", ["state", "zero"], ["state3"]),
         node("Slice", ["shape32", "one", "two", "zero"], ["time"]),
         node("Expand", ["time", "batch64"], ["lens"]),
         node("LSTM", ["xt", "W", "R", "B", "lens", "state3", "state3"], ["Y"], hidden_size=hidden),
         node("Squeeze", ["Y", "one"], ["y"]),
         node("Transpose", ["y"], ["yt"], perm=[1, 0, 2]),
         node("Reshape", ["yt", "rows"], ["flat"]),
         node("MatMul", ["flat", "kernel"], ["product"]),
         node("Slice", ["shape32", "zero", "two", "zero"], ["outer"]),
         node("Cast", ["outer"], ["outer64"], to=TensorProto.INT64),
         node("Concat", ["outer64", "out_size"], ["out_shape"], axis=0),
         node("Reshape", ["product", "out_shape"], ["steps"]),
         node("Add", ["steps", "bias"], ["sum"]),
         node("Softmax", ["sum"], ["out"], axis=-1)],
        {**lstm(False), "zero": ints(0), "one": ints(1), "two": ints(2), "hidden": ints(hidden),
         "float_zero": np.zeros(1, np.float32), "rows": ints(-1, hidden), "out_size": ints(out),
         "kernel": weights(hidden, out), "bias": weights(out)})
    build(
        "both-last", "Bidirectional that returns its final states, joined; Dense",
        [node("Transpose", ["x"], ["xt"], perm=[1, 0, 2]),
         node("LSTM", ["xt", "W", "R", "B"], ["", "Yh"], hidden_size=hidden, direction="bidirectional"),
         node("Transpose", ["Yh"], ["Yht"], perm=[1, 0, 2]),
         node("Reshape", ["Yht", "rows"], ["h"]),
         node("MatMul", ["h", "kernel"], ["product"]),
         node("Add", ["product", "bias"], ["sum"]),
         node("Sigmoid", ["sum"], ["out"])],
        {**lstm(True), "rows": ints(-1, 2 * hidden), "kernel": weights(2 * hidden, out),
         "bias": weights(out)}, rank=2)
    build(
        "both-sum", "Bidirectional whose directions are added, scaled and shifted",
        [node("Transpose", ["x"], ["xt"], perm=[1, 0, 2]),
         node("LSTM", ["xt", "W", "R", "B"], ["Y"], hidden_size=hidden, direction="bidirectional"),
         node("Transpose", ["Y"], ["Yt"], perm=[2, 0, 1, 3]),
         node("Split", ["Yt"], ["f4", "b4"], axis=2),
         node("Squeeze", ["f4", "two"], ["f"]),
         node("Squeeze", ["b4", "two"], ["b"]),
         node("Add", ["f", "b"], ["s"]),
         node("Mul", ["s", "scale"], ["scaled"]),
         node("Sub", ["scaled", "shift"], ["out"])],
        {**lstm(True), "two": ints(2), "scale": weights(hidden), "shift": weights(1, 1, hidden)})
    build(
        "backwards", "reverse LSTM, its final state, which lies at the first step",
        [node("Transpose", ["x"], ["xt"], perm=[1, 0, 2]),
         node("LSTM", ["xt", "W", "R", "B"], ["Y"], hidden_size=hidden, direction="reverse"),
         node("Squeeze", ["Y", "one"], ["y"]),
         node("Gather", ["y", "first"], ["h"], axis=0),
         node("Gemm", ["h", "kernel", "bias"], ["out"], alpha=0.5, beta=2.0, transB=1)],
        {**lstm(False), "one": ints(1), "first": np.array(0, np.int64),
         "kernel": weights(out, hidden), "bias": weights(out)}, rank=2)


def later():
    """Cases that came after those above, whose numbers they leave as they are."""
    rng = np.random.default_rng(17)
    lstm_node(rng, "no-shapes", "inputs whose shapes the graph leaves out", 3, 4,
              direction="bidirectional", lengths=[4, 2, 3], shapes=False)
    torch.manual_seed(19)
    x = torch.randn(3, 5, 3)
    export("gated", Gated(), (x,), {"x": x}, lambda out: {"y": out}, [{0: "b", 1: "t"}], False)
    export("gated", Gated(), (x,), {"x": x}, lambda out: {"y": out}, [{}], True, dynamic=False)


if __name__ == "__main__":
    exports()
    nodes()
    keras_like()
    later()

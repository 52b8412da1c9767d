"""Random LSTM, GRU and RNN operators, alone and stacked, and exports of PyTorch modules; ONNX Runtime computes."""

import io
import pathlib
import tempfile
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from serving import Case, main

warnings.filterwarnings("ignore")
onnxruntime.set_default_logger_severity(4)

WITH = {"LeakyRelu": 1, "ThresholdedRelu": 1, "Elu": 1, "HardSigmoid": 2, "ScaledTanh": 2, "Affine": 2}
PLAIN = ["Sigmoid", "Tanh", "Relu", "Softsign", "Softplus"]


def pick(rng, *values):
    return values[rng.integers(len(values))]


def size(rng, most):
    return int(pick(rng, 1, 2, 3, int(rng.integers(1, most + 1)), int(rng.integers(1, most + 1))))


def run(model, feed):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]
    return session.run(None, dict(zip(names, feed)))


BLOCKS = {"LSTM": 4, "GRU": 3, "RNN": 1}


def activations(rng, operator, both):
    names, alphas, betas = [], [], []
    for _ in range(2 if both else 1):
        for place in {"LSTM": (0, 1, 1), "GRU": (0, 1), "RNN": (1,)}[operator]:
            name = pick(rng, *PLAIN, *WITH) if place else pick(rng, "Sigmoid", "HardSigmoid", "Tanh", "Softsign")
            names.append(name)
            if WITH.get(name, 0) >= 1:
                alphas.append(float(rng.uniform(0.1, 0.9)))
            if WITH.get(name, 0) >= 2:
                betas.append(float(rng.uniform(0.1, 0.9)))
    options = {"activations": names}
    if alphas:
        options["activation_alpha"] = alphas
    if betas:
        options["activation_beta"] = betas
    return options


def node_case(rng, number):
    """One operator with all that it takes."""
    operator = pick(rng, "LSTM", "LSTM", "GRU", "GRU", "RNN")
    is_lstm, blocks = operator == "LSTM", BLOCKS[operator]
    batch, time, inputs, hidden = size(rng, 6), size(rng, 9), size(rng, 16), size(rng, 20)
    direction = pick(rng, "forward", "forward", "reverse", "bidirectional")
    d = 2 if direction == "bidirectional" else 1
    opset = int(pick(rng, 7, 9, 11, 13, 14, 17, 21, 22))
    layout = int(opset >= 14 and rng.random() < 0.3)
    dtype = np.float32  # all that ONNX Runtime's LSTM takes
    weights = lambda *shape: rng.uniform(-0.7, 0.7, shape).astype(dtype)
    constants = {"W": weights(d, blocks * hidden, inputs), "R": weights(d, blocks * hidden, hidden)}
    if rng.random() < 0.8:
        constants["B"] = weights(d, 2 * blocks * hidden)
    if is_lstm and rng.random() < 0.4:
        constants["P"] = weights(d, 3 * hidden)
    options = activations(rng, operator, d == 2) if rng.random() < 0.4 else {}
    if rng.random() < 0.3:
        options["clip"] = float(rng.uniform(0.2, 2))
    if is_lstm and rng.random() < 0.3:
        options["input_forget"] = 1
    if operator == "GRU" and rng.random() < 0.6:
        options["linear_before_reset"] = 1
    if rng.random() < 0.8 or direction != "forward":
        options["direction"] = direction
    x, h0, c0 = weights(batch, time, inputs), weights(d, batch, hidden), weights(d, batch, hidden)
    first = layout == 1
    feed = {"X": x if first else x.transpose(1, 0, 2)}
    given = {}
    lengths = None
    if rng.random() < 0.4:
        lengths = rng.integers(1 if direction == "forward" else 1, time + 1, batch).astype(np.int32)
        feed["lens"] = lengths
    states = rng.random() < 0.6
    if states:
        given = {"h": h0.astype(np.float32), "c": c0.astype(np.float32)}
        feed["h0"], feed["c0"] = (s.transpose(1, 0, 2) if first else s for s in (h0, c0))
        if not is_lstm:
            del feed["c0"], given["c"]
    elif rng.random() < 0.3:
        zero = np.zeros((batch, d, hidden) if first else (d, batch, hidden), dtype)
        constants["h0"] = constants["c0"] = zero
    has = lambda name: name if name in feed or name in constants else ""
    outputs = pick(rng, ["Y", "Y_h", "Y_c"], ["Y", "Y_h", "Y_c"], ["Y"], ["Y", "", "Y_c"], ["Y", "Y_h"])
    if not is_lstm:
        constants.pop("c0", None)
        outputs = pick(rng, ["Y", "Y_h"], ["Y", "Y_h"], ["Y"])
    names = ["X", "W", "R"] + [has(n) for n in ("B", "lens", "h0") + (("c0", "P") if is_lstm else ())]
    while not names[-1]:
        names.pop()
    node = helper.make_node(operator, names, outputs, name="the_lstm", hidden_size=hidden,
                            **({"layout": 1} if first else {}), **options)

    def build(node, layout):
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        nodes, tensors = [], []
        for name, value in constants.items():
            if inline:
                nodes.append(helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value)))
            elif listed:
                tensors.append(helper.make_tensor(name, kind, value.shape, value.ravel().tolist()))
            else:
                tensors.append(numpy_helper.from_array(value, name))
        shapes = {n: (None if rng.random() < 0.2 else list(v.shape)) for n, v in feed.items()}
        if opened:
            shapes = {n: ["d%d%s" % (i, n) for i in range(v.ndim)] for n, v in feed.items()}
            shapes["X"][-1] = inputs
        graph = helper.make_graph(
            nodes + [node], "lstm",
            [helper.make_tensor_value_info(n, TensorProto.INT32 if n == "lens" else kind, shapes[n]) for n in feed],
            [helper.make_tensor_value_info(n, kind, None) for n in outputs if n], tensors)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)],
                                 ir_version=int(pick(rng, 4, 8, 9)))

    inline, listed, opened = rng.random() < 0.2, rng.random() < 0.3, rng.random() < 0.4
    model = build(node, layout)
    if first:  # ONNX Runtime has no layout 1: the same numbers in the other order
        plain = helper.make_node(operator, names, outputs, hidden_size=hidden, **options)
        turned = {n: v if n == "lens" else v.transpose(1, 0, 2) for n, v in feed.items()}
        for n in ("h0", "c0"):
            if n in constants:
                constants[n] = np.zeros((d, batch, hidden), dtype)
        kept, feed = feed, turned
        results = run(build(plain, 0).SerializeToString(), list(turned.values()))
        feed = kept
    else:
        results = run(model.SerializeToString(), list(feed.values()))
    results = dict(zip([o for o in outputs if o], results))
    expected = {"output": results["Y"].transpose(2, 0, 1, 3).reshape(batch, time, -1)}
    if "Y_h" in results:
        expected["h"] = results["Y_h"]
    if "Y_c" in results:
        expected["c"] = results["Y_c"]
    scale = max(1, np.abs(expected["output"]).max())
    if not np.isfinite(scale) or scale > 100:
        return None
    return Case(f"{number} node opset {opset} layout {layout} {np.dtype(dtype)} {options} {names} {outputs} x{x.shape} h{hidden}",
                {"model.onnx": model.SerializeToString()}, x.astype(np.float32), expected, lengths=lengths,
                tolerance=2e-5 * scale, gates=not options.get("input_forget"), **given)


class Net(nn.Module):
    """What people build around an LSTM, drawn at random."""

    def __init__(self, rng, kwargs, inputs, vocab):
        super().__init__()
        self.batch_first = kwargs["batch_first"]
        self.embed = nn.Embedding(vocab, inputs) if vocab else None
        self.before = nn.Linear(inputs, inputs) if rng.random() < 0.2 else None
        self.before_act = pick(rng, nn.ReLU(), nn.Tanh(), nn.Identity())
        self.lstm = pick(rng, nn.LSTM, nn.LSTM, nn.GRU, nn.RNN)(inputs, **kwargs)
        both = kwargs["bidirectional"]
        self.both, self.layers = both, kwargs["num_layers"]
        self.hidden = kwargs["hidden_size"]
        width = self.hidden * (2 if both else 1)
        self.second = None
        if rng.random() < 0.3:
            units = size(rng, 9)
            self.second = pick(rng, nn.LSTM, nn.LSTM, nn.GRU, nn.RNN)(width, units, batch_first=self.batch_first)
            self.both, self.layers, self.hidden, width = False, 1, units, units
        self.take = pick(rng, "all", "all", "last", "h", "h_cat", "index", "h_squeeze", "both_ends")
        head = []
        if self.take != "none":
            for _ in range(rng.integers(0, 3)):
                out = size(rng, 9)
                head.append(nn.Linear(width, out, bias=bool(rng.random() < 0.8)))
                easy = [nn.ReLU(), nn.Tanh(), nn.Sigmoid(), nn.LeakyReLU(0.2), nn.ELU(), nn.Dropout(0.2), nn.Identity(),
                        nn.Softmax(-1), nn.LogSoftmax(-1), nn.Hardtanh(), nn.ReLU6(), nn.Hardsigmoid(), nn.SELU(), nn.LayerNorm(out)]
                hard = [nn.GELU(), nn.SiLU(), nn.Softplus(), nn.Hardswish(), nn.Mish(), nn.CELU(), nn.Softsign(),
                        nn.LogSigmoid(), nn.Tanhshrink()]
                head.append(pick(rng, *(hard if HARD else easy)))
                width = out
        self.head = nn.Sequential(*head)

    def forward(self, x):
        if self.embed is not None:
            x = self.embed(x)
        if self.before is not None:
            x = self.before_act(self.before(x))
        y, last = self.lstm(x)
        if self.second is not None:
            y, last = self.second(y)
        h = last[0] if isinstance(last, tuple) else last
        if self.take == "last":
            y = y[:, -1, :] if self.batch_first else y[-1]
        elif self.take == "index":
            y = y.select(1 if self.batch_first else 0, -1)
        elif self.take == "h":
            y = torch.cat((h[-2], h[-1]), -1) if self.both else h[-1]
        elif self.take == "h_cat":
            y = torch.cat((h[-2, :, :], h[-1, :, :]), dim=1) if self.both else h[-1, :, :]
        elif self.take == "h_squeeze" and not self.both and self.layers == 1:
            y = h.squeeze(0)
        elif self.take == "both_ends" and self.both and self.batch_first:
            y = torch.cat((y[:, -1, :self.hidden], y[:, 0, self.hidden:]), -1)
        return self.head(y)


def export_case(rng, number):
    torch.manual_seed(int(rng.integers(1 << 30)))
    batch, time, inputs = size(rng, 5) + 1, size(rng, 7) + 1, size(rng, 9)
    kwargs = dict(hidden_size=size(rng, 12), num_layers=int(rng.integers(1, 4)), bias=bool(rng.random() < 0.8),
                  bidirectional=bool(rng.random() < 0.35), batch_first=bool(rng.random() < 0.7))
    vocab = size(rng, 20) + 1 if rng.random() < 0.3 else 0
    net = Net(rng, kwargs, inputs, vocab).eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.4)
    x = torch.randint(0, vocab, (batch, time)) if vocab else torch.randn(batch, time, inputs)
    feed = x if kwargs["batch_first"] else x.transpose(0, 1).contiguous()
    dynamo = rng.random() < 0.35
    dynamic = rng.random() < 0.6
    opset = int(pick(rng, 18, 20, 21)) if dynamo else int(pick(rng, 9, 11, 12, 13, 14, 15, 16, 17, 18))
    what = f"{number} {'dynamo' if dynamo else 'script'} opset {opset} {'open' if dynamic else 'fixed'} {kwargs} take={net.take} vocab={vocab} x{list(feed.shape)} before={net.before is not None and type(net.before_act).__name__} second={net.second is not None} {[type(m).__name__ for m in net.head]}"
    files = {}
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "model.onnx"
            if dynamo:
                auto = torch.export.Dim.AUTO
                more = {"dynamic_shapes": ({0: auto, 1: auto},)} if dynamic else {}
                torch.onnx.export(net, (feed,), path, dynamo=True, external_data=bool(rng.random() < 0.3),
                                  opset_version=opset, verbose=False, **more)
            else:
                axes = {0: "batch", 1: "time"} if kwargs["batch_first"] else {0: "time", 1: "batch"}
                more = {"dynamic_axes": {"x": axes}} if dynamic else {}
                torch.onnx.export(net, (feed,), path, dynamo=False, input_names=["x"], opset_version=opset,
                                  do_constant_folding=bool(rng.random() < 0.7), **more)
            if rng.random() < 0.2:
                proto = onnx.load(path)
                for old in path.parent.iterdir():
                    old.unlink()
                onnx.save_model(proto, path, save_as_external_data=True, location="weights.bin",
                                all_tensors_to_one_file=bool(rng.random() < 0.7), size_threshold=0)
            files = {p.name: p.read_bytes() for p in sorted(path.parent.iterdir())}
    except Exception as e:
        print("not exported:", what, str(e)[:100].replace("\n", " "))
        return None
    with torch.no_grad():
        y = net(feed)
    if y.ndim == 3 and not kwargs["batch_first"]:
        y = y.transpose(0, 1)
    return Case(what, files, x.numpy(), {"output": y.numpy()}, tolerance=2e-5 * max(1, float(y.abs().max())))


def generate(rng, count):
    for number in range(count):
        case = node_case(rng, number) if rng.random() < SHARE else export_case(rng, number)
        if case is not None:
            yield case


import sys
SHARE = float(sys.argv[4]) if len(sys.argv) > 4 else 0.5
HARD = len(sys.argv) > 5
main(generate)

"""Graphs of ONNX operators drawn at random, and exported ones changed at random; ONNX Runtime computes.

Writes each as a folder of the file and case.json, as those of src/test/resources/golden-networks:

    python onnx_graphs.py FOLDER [count] [seed]
    python onnx_graphs.py FOLDER count seed FOLDER_OF_CASES    changes those, a node or constant each
"""

import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

onnxruntime.set_default_logger_severity(4)


def pick(rng, *values):
    return values[rng.integers(len(values))]


def odd(rng, most=6):
    return int(rng.integers(1, most + 1))


def run(model, feed):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # Fused, products with 8-bit weights would be rounded.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    feed = {i.name: feed[i.name] for i in session.get_inputs()}
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, feed)))


class Graph:
    """A graph as TensorFlow's and PyTorch's converters write them; values are [B, T, F] unless said."""

    def __init__(self, rng):
        self.rng = rng
        self.nodes, self.constants, self.count = [], [], 0

    def add(self, operator, inputs, outputs=1, **attributes):
        names = [f"v{self.count + i}" for i in range(outputs)]
        self.count += outputs
        self.nodes.append(helper.make_node(operator, inputs, names, name=f"{operator}_{self.count}", **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value):
        name = f"c{self.count}"
        self.count += 1
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def floats(self, *shape, scale=0.6):
        return self.constant(self.rng.uniform(-scale, scale, shape).astype(np.float32))

    def ints(self, *values):
        return self.constant(np.array(values, np.int64))

    def recurrent(self, x, width):
        rng = self.rng
        operator = pick(rng, "LSTM", "GRU", "RNN")
        blocks, hidden = {"LSTM": 4, "GRU": 3, "RNN": 1}[operator], odd(rng)
        direction = pick(rng, "forward", "forward", "reverse", "bidirectional")
        d = 2 if direction == "bidirectional" else 1
        options = {"linear_before_reset": int(rng.integers(2))} if operator == "GRU" else {}
        turned = self.add("Transpose", [x], perm=[1, 0, 2])
        extra = []
        if rng.random() < 0.25:
            if rng.random() < 0.5:
                shape = self.add("Slice", [self.add("Shape", [turned]), self.ints(1), self.ints(2)])
                full = self.add("Concat", [self.ints(d), shape, self.ints(hidden)], axis=0)
                state = self.add("Expand", [self.floats(1, 1, hidden) if rng.random() < 0.5 else self.constant(np.zeros((1, 1, hidden), np.float32)), full])
            else:
                mean = self.add("ReduceMean", [x], axes=[1], keepdims=0)
                flat = self.add("MatMul", [mean, self.floats(width, d * hidden)])
                state = self.add("Transpose", [self.add("Reshape", [flat, self.ints(-1, d, hidden)])], perm=[1, 0, 2])
            extra = ["", state] + ([state] if operator == "LSTM" else [])
        y, h = self.add(operator, [turned, self.floats(d, blocks * hidden, width), self.floats(d, blocks * hidden, hidden),
                                   self.floats(d, 2 * blocks * hidden)] + extra, 2, hidden_size=hidden, direction=direction, **options)
        self.h = (h, d, hidden)
        if d == 1:
            return self.add("Transpose", [self.add("Squeeze", [y, self.ints(1)])], perm=[1, 0, 2]), hidden
        kind = pick(rng, "side", "sum", "parts")
        if kind == "side":
            moved = self.add("Transpose", [y], perm=[2, 0, 1, 3])
            return self.add("Reshape", [moved, self.ints(0, 0, 2 * hidden)]), 2 * hidden
        a, b = (self.add("Transpose", [self.add("Squeeze", [part, self.ints(1)])], perm=[1, 0, 2])
                for part in self.add("Split", [y, self.ints(1, 1)], 2, axis=1))
        if kind == "sum":
            return self.add(pick(rng, "Add", "Mul", "Max", "Sub"), [a, b]), hidden
        return self.add("Concat", [a, b], axis=2), 2 * hidden

    def step(self, x, width):
        rng = self.rng
        kind = pick(rng, "conv1", "conv2", "pool", "unary", "constant", "pad", "flip", "gather", "dense", "left", "product", "softmax",
                    "where", "dynamic", "reduce", "expand", "split", "einsum", "layer", "instance", "clip", "prelu", "tile", "twice", "qdq", "integer")
        if kind == "conv1":
            out, k = odd(rng), odd(rng, 3)
            y = self.add("Conv", [self.add("Transpose", [x], perm=[0, 2, 1]), self.floats(out, width, k), self.floats(out)],
                         **pick(rng, {"pads": [k - 1, 0]}, {"auto_pad": "SAME_UPPER"}, {"auto_pad": "VALID"}, {"strides": [2], "pads": [1, 1]}))
            return self.add("Transpose", [y], perm=[0, 2, 1]), out
        if kind == "conv2":
            out, k = odd(rng), odd(rng, 3)
            up = self.add("Unsqueeze", [self.add("Transpose", [x], perm=[0, 2, 1]), self.ints(2)])
            y = self.add("Conv", [up, self.floats(out, width, 1, k)], kernel_shape=[1, k], **pick(rng, {"auto_pad": "SAME_UPPER"}, {"pads": [0, 1, 0, 1]}))
            return self.add("Transpose", [self.add("Squeeze", [y, self.ints(2)])], perm=[0, 2, 1]), out
        if kind == "pool":
            t = self.add("Transpose", [x], perm=[0, 2, 1])
            y = self.add(pick(rng, "MaxPool", "AveragePool"), [t], kernel_shape=[2], strides=[pick(rng, 1, 2)],
                         **pick(rng, {}, {"auto_pad": "SAME_UPPER"}, {"pads": [1, 0]}))
            return self.add("Transpose", [y], perm=[0, 2, 1]), width
        if kind == "unary":
            return self.add(pick(rng, "Tanh", "Sigmoid", "Relu", "Softplus", "Softsign", "Elu", "Selu", "HardSigmoid", "LeakyRelu", "ThresholdedRelu", "Abs",
                                 "Neg", "Exp", "Erf", "Sin", "Cos", "Floor", "Ceil", "Round", "Sign", "HardSwish", "Celu"), [x]), width
        if kind == "constant":
            shape = pick(rng, (), (1,), (width,), (1, 1, width), (1, width))
            pair = [x, self.constant(rng.uniform(0.3, 1, shape).astype(np.float32))]
            if rng.random() < 0.4:
                pair.reverse()
            return self.add(pick(rng, "Add", "Sub", "Mul", "Max", "Min") if pair[0] != x else pick(rng, "Add", "Sub", "Mul", "Div", "Max", "Min", "Pow" if False else "Add"), pair), width
        if kind == "pad":
            return self.add("Pad", [x, self.ints(0, odd(rng, 2), 0, 0, odd(rng, 2) - 1, 0)]), width
        if kind == "flip":
            axis = int(pick(rng, 1, 1, 2))
            return self.add("Slice", [x, self.ints(-1), self.ints(-(2 ** 31)), self.ints(axis), self.ints(-1)]), width
        if kind == "gather":
            some = [int(rng.integers(-width, width)) for _ in range(odd(rng, 4))]
            return self.add("Gather", [x, self.ints(*some)], axis=2), len(some)
        if kind == "dense":
            out = odd(rng)
            return self.add("Add", [self.add("MatMul", [x, self.floats(width, out)]), self.floats(out)]), out
        if kind == "left":
            out = odd(rng)
            t = self.add("Transpose", [x], perm=[0, 2, 1])
            return self.add("Transpose", [self.add("MatMul", [self.floats(out, width), t])], perm=[0, 2, 1]), out
        if kind == "product":
            scores = self.add("MatMul", [x, self.add("Transpose", [x], perm=[0, 2, 1])])
            return self.add("MatMul", [self.add("Softmax", [scores], axis=pick(rng, -1, 2, 1)), x]), width
        if kind == "softmax":
            return self.add(pick(rng, "Softmax", "LogSoftmax"), [x], axis=int(pick(rng, 1, 2, -1, -2))), width
        if kind == "where":
            mask = self.constant(rng.random((width,)) < 0.5)
            return self.add("Where", [mask] + pick(rng, [x, self.floats(1)], [self.floats(width), x], [x, self.add("Neg", [x])])), width
        if kind == "dynamic":
            c = self.add(pick(rng, "Greater", "Less", "GreaterOrEqual", "LessOrEqual"), [x, self.constant(np.float32(0.1))])
            if rng.random() < 0.3:
                c = self.add("Not", [c])
            return self.add("Where", [c] + pick(rng, [x, self.floats(1)], [self.add("Exp", [x]), self.add("Neg", [x])], [self.constant(np.float32(1)), self.constant(np.float32(-2))])), width
        if kind == "reduce":
            r = self.add(pick(rng, "ReduceMax", "ReduceMin", "ReduceMean", "ReduceL2", "ReduceL1", "ReduceSumSquare"), [x], axes=[int(pick(rng, 1, 2, -1))], keepdims=1)
            return self.add(pick(rng, "Add", "Sub", "Mul"), [x, r]), width
        if kind == "expand":
            last = self.add("Slice", [x, self.ints(-1), self.ints(2 ** 31), self.ints(1)])
            return self.add("Concat", [x, self.add("Expand", [last, self.add("Shape", [x])])], axis=2), 2 * width
        if kind == "split":
            if width < 2:
                return x, width
            half = int(rng.integers(1, width))
            a, b = self.add("Split", [x, self.ints(half, width - half)], 2, axis=2)
            return self.add("Concat", [b, self.add("Tanh", [a]), b], axis=-1), width + width - half
        if kind == "einsum":
            out = odd(rng)
            return self.add("Einsum", [x, self.floats(width, out)], equation=pick(rng, "btf,fo->bto", "abc,cd->abd")), out
        if kind == "layer":
            return self.add("LayerNormalization", [x, self.floats(width), self.floats(width)], axis=-1), width
        if kind == "instance":
            t = self.add("Transpose", [x], perm=[0, 2, 1])
            return self.add("Transpose", [self.add("InstanceNormalization", [t, self.floats(width), self.floats(width)], epsilon=0.1)], perm=[0, 2, 1]), width
        if kind == "clip":
            return self.add("Clip", [x, self.constant(np.float32(-0.3)), pick(rng, "", self.constant(np.float32(0.5)))]), width
        if kind == "prelu":
            return self.add("PRelu", [x, self.floats(*pick(rng, (1,), (width,), (1, width)))]), width
        if kind == "tile":
            return self.add("Tile", [x, self.ints(1, 1, 2)]), 2 * width
        if kind == "qdq":
            w = self.constant(rng.integers(-120, 120, (width, 4)).astype(np.int8))
            s, z = self.constant(np.float32(0.01)), self.constant(np.int8(3))
            return self.add("MatMul", [x, self.add("DequantizeLinear", [w, s, z])]), 4
        if kind == "integer":
            s, z = self.constant(np.float32(0.05)), self.constant(np.uint8(100))
            return self.add("DequantizeLinear", [self.add("QuantizeLinear", [x, s, z]), s, z]), width
        y, _ = self.recurrent(x, width)
        return y, _

    def head(self, x, width):
        rng = self.rng
        kind = pick(rng, "all", "last", "mean", "global", "flat", "state", "first", "max", "squeeze")
        out = odd(rng)
        if kind == "all":
            return self.add("MatMul", [x, self.floats(width, out)])
        if kind == "last":
            return self.add("Gemm", [self.add("Gather", [x, self.constant(np.int64(-1))], axis=1), self.floats(width, out), self.floats(out)])
        if kind == "first":
            return self.add("Gemm", [self.add("Gather", [x, self.constant(np.int64(0))], axis=1), self.floats(out, width)], transB=1, alpha=0.5)
        if kind == "mean":
            return self.add("Sigmoid", [self.add("MatMul", [self.add("ReduceMean", [x], axes=[1], keepdims=0), self.floats(width, out)])])
        if kind == "max":
            return self.add("ReduceMax", [x], axes=[1], keepdims=int(rng.integers(2)))
        if kind == "global":
            pooled = self.add(pick(rng, "GlobalAveragePool", "GlobalMaxPool"), [self.add("Transpose", [x], perm=[0, 2, 1])])
            return self.add("MatMul", [self.add("Flatten", [pooled]), self.floats(width, out)])
        if kind == "state":
            h, d, hidden = self.h
            flat = self.add("Reshape", [self.add("Transpose", [h], perm=[1, 0, 2]), self.ints(0, -1)])
            return self.add("MatMul", [flat, self.floats(d * hidden, out)])
        if kind == "squeeze":
            return self.add("Squeeze", [self.add("Slice", [x, self.ints(-1), self.ints(2 ** 31), self.ints(1)]), self.ints(1)])
        return x


def described(note, model, feed, tolerance=3e-5):
    results = run(model, feed)
    if not all(np.isfinite(r).all() and np.abs(r).max() < 1e4 for r in results.values() if r.size):
        return None
    tensor = lambda a: {"shape": list(a.shape), "data": [float(v) for v in np.asarray(a).reshape(-1)]}
    names = list(results)
    return {"note": note, "files": ["model.onnx"], "inputs": {n: tensor(v) for n, v in feed.items()},
            "expected": {(n if len(names) > 1 else "output"): tensor(v) for n, v in results.items()}, "tolerance": tolerance}


def drawn(rng, number):
    graph = Graph(rng)
    batch, time, width = odd(rng, 4), int(rng.integers(4, 10)), odd(rng)
    x, size, path = "x", width, []
    at = int(rng.integers(0, 3))
    for i in range(3):
        before = len(graph.nodes)
        x, size = graph.recurrent(x, size) if i == at else graph.step(x, size)
        path += [n.op_type for n in graph.nodes[before:]]
        if size > 16:
            return None
    y = graph.head(x, size)
    dims = pick(rng, ["b", "t", width], ["b", "t", width], ["b", time, width], [batch, time, width])
    main = helper.make_graph(graph.nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, dims)],
                             [helper.make_tensor_value_info(y, TensorProto.FLOAT, None)], graph.constants)
    model = helper.make_model(main, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    feed = {"x": rng.standard_normal((batch, time, width)).astype(np.float32)}
    return model, described(f"{number} {dims} {path}", model, feed)


def changed(rng, number, folder):
    """A file with a node or a constant that is another, or none."""
    case = json.loads((folder / "case.json").read_text())
    model = onnx.load(folder / "model.onnx")
    graph = model.graph
    kind = pick(rng, "drop", "rename", "alter", "shape", "operator", "attribute", "swap", "bypass", "zero")
    node = graph.node[rng.integers(len(graph.node))]
    tensor = graph.initializer[rng.integers(len(graph.initializer))] if len(graph.initializer) else None
    if kind == "drop":
        graph.node.remove(node)
    elif kind == "rename" and tensor is not None:
        tensor.name += "_other"
    elif kind in ("alter", "zero") and tensor is not None:
        value = numpy_helper.to_array(tensor).copy()
        if value.size == 0:
            return None
        at = tuple(int(rng.integers(s)) for s in value.shape)
        value[at] = 0 if kind == "zero" else value[at] + 1 if value.dtype != bool else not value[at]
        tensor.CopyFrom(numpy_helper.from_array(value, tensor.name))
    elif kind == "shape" and tensor is not None:
        value = numpy_helper.to_array(tensor)
        tensor.CopyFrom(numpy_helper.from_array(value.reshape(value.shape[::-1]), tensor.name))
    elif kind == "operator":
        node.op_type = pick(rng, "Tanh", "Add", "Relu", "Concat", "Mul", "Sub", "Transpose", "MatMul", "ReduceMean", "Softmax")
    elif kind == "attribute" and len(node.attribute):
        attribute = node.attribute[rng.integers(len(node.attribute))]
        if attribute.type == onnx.AttributeProto.INT:
            attribute.i += int(pick(rng, -1, 1))
        elif attribute.type == onnx.AttributeProto.INTS and len(attribute.ints):
            attribute.ints[int(rng.integers(len(attribute.ints)))] += int(pick(rng, -1, 1))
        else:
            node.attribute.remove(attribute)
    elif kind == "swap" and len(node.input) > 1:
        node.input[0], node.input[1] = node.input[1], node.input[0]
    elif kind == "bypass" and len(node.output) == 1 and len(node.input):
        source, name = node.input[0], node.output[0]
        for other in graph.node:
            for i, value in enumerate(other.input):
                if value == name:
                    other.input[i] = source
    else:
        return None
    feed = {}
    for value in graph.input:
        if value.name in case["inputs"]:
            given = case["inputs"][value.name]
            whole = value.type.tensor_type.elem_type == TensorProto.INT64
            feed[value.name] = np.array(given["data"], np.int64 if whole else np.float32).reshape(given["shape"])
    note = f"{number} {kind} of {node.name if kind not in ('rename', 'alter', 'shape', 'zero') else tensor.name} in {folder.name}"
    for value in graph.output:
        del value.type.tensor_type.shape.dim[:]
        value.type.tensor_type.ClearField("shape")
    for value, dims in ((v, case["inputs"].get(v.name, {}).get("shape")) for v in graph.input):
        for i, dim in enumerate(value.type.tensor_type.shape.dim):
            if dims and dim.HasField("dim_value") and dim.dim_value != dims[i]:
                dim.dim_param = "rows"
    try:
        return model, described(note, model, feed)
    except Exception as e:
        tensor = lambda a: {"shape": list(a.shape), "data": [float(v) for v in a.reshape(-1)]}
        return model, {"note": note + " REFUSED " + str(e)[:80], "inputs": {n: tensor(v) for n, v in feed.items()}, "expected": {}}


def main(folder, count=100, seed=1, cases=None):
    rng = np.random.default_rng(int(seed))
    folders = sorted(pathlib.Path(cases).iterdir()) if cases else []
    for number in range(int(count)):
        try:
            made = changed(rng, number, folders[rng.integers(len(folders))]) if cases else drawn(rng, number)
        except Exception as e:
            print("not computed:", number, str(e)[:200].replace("\n", " "))
            continue
        if made is None or made[1] is None:
            continue
        own = pathlib.Path(folder) / f"{number:05d}"
        own.mkdir(parents=True, exist_ok=True)
        onnx.save(made[0], own / "model.onnx")
        (own / "case.json").write_text(json.dumps(made[1]))


if __name__ == "__main__":
    main(*sys.argv[1:])

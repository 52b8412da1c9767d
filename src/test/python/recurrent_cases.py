"""GRU and simple recurrent cells of PyTorch, Flax, TensorFlow and ONNX.

Needs torch, flax, tensorflow, onnx and onnxruntime.
"""

import os
import pathlib
import tarfile
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import flax.linen as nn
import jax
import jax.numpy as jnp
import keras
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import torch
from flax import nnx
from onnx import TensorProto, helper, numpy_helper
from tensorflow.python.keras.layers.legacy_rnn import rnn_cell_impl as cells
from tensorflow.python.ops import rnn

from cases import folder, write
from flax_cases import random, save
from tensorflow_cases import saved_graph


def numbers(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


class Cells(torch.nn.Module):
    """A step of each on top of each other."""

    def __init__(self):
        super().__init__()
        self.cells = torch.nn.ModuleList(
            [torch.nn.GRUCell(3, 4), torch.nn.LSTMCell(4, 5), torch.nn.RNNCell(5, 2, bias=False)])

    def forward(self, x):
        gru = lstm = simple = None
        outputs = []
        for t in range(x.shape[1]):
            gru = self.cells[0](x[:, t], gru)
            lstm = self.cells[1](gru, lstm)
            simple = self.cells[2](lstm[0], simple)
            outputs.append(simple)
        return torch.stack(outputs, dim=1)


def pytorch():
    torch.manual_seed(31)
    x = torch.tensor(numbers(32, 2, 5, 3))
    path = folder("pytorch-x-cells-of-all-kinds")
    model = Cells()
    torch.save(model.state_dict(), path / "model.pt")
    with torch.no_grad():
        write(path.name, "ModuleList of GRUCell, LSTMCell and RNNCell", ["model.pt"], {},
              {"x": x}, {"y": model(x)})
        gru = torch.nn.GRU(3, 4, num_layers=2, bias=False, bidirectional=True, batch_first=True)
        h0 = torch.tensor(numbers(33, 4, 2, 4))
        y, h = gru(x, h0)
        path = folder("pytorch-x-gru-nobias")
        torch.save(gru.state_dict(), path / "model.pt")
        write(path.name, "GRU without biases, from a state", ["model.pt"],
              {"num_layers": 2, "bidirectional": True}, {"x": x, "h0": h0}, {"y": y, "h": h})


def linen():
    x = numbers(41, 2, 4, 3)

    for name, kind in ("gru", nn.GRUCell), ("simple", nn.SimpleCell):
        class Two(nn.Module):
            @nn.compact
            def __call__(self, x):
                for units in 5, 4:
                    x = nn.RNN(kind(units))(x)
                return nn.Dense(2)(x)

        model = Two()
        params = random(model.init(jax.random.PRNGKey(0), x))
        path = folder("flax-" + name)
        save(path / "model.safetensors", params, "/")
        write(path.name, "Linen: two " + kind.__name__ + ", Dense", ["model.safetensors"],
              {"num_layers": 2, "out": 2}, {"x": x}, {"y": model.apply(params, x)})


def optimized():
    x = numbers(42, 2, 3, 4)
    for name, kind in ("gru", nnx.GRUCell), ("simple", nnx.SimpleCell):
        cell = kind(4, 3, rngs=nnx.Rngs(0))
        state = random(jax.tree.map(np.asarray, nnx.to_pure_dict(nnx.state(cell, nnx.Param))))
        nnx.update(cell, state)
        carry = jnp.zeros((2, 3))
        outputs = []
        for t in range(3):
            carry, y = cell(carry, jnp.asarray(x[:, t]))
            outputs.append(y)
        path = folder("flax-nnx-" + name)
        save(path / "model.safetensors", state, ".")
        write(path.name, "NNX: " + kind.__name__, ["model.safetensors"], {}, {"x": x},
              {"y": np.stack(outputs, 1), "h": carry[None]})


def tensorflow1():
    def multi(kinds):
        def build(given):
            cell = cells.MultiRNNCell([kind(units) for kind, units in kinds])
            y, states = rnn.dynamic_rnn(cell, given["x"], given["lengths"], dtype=tf.float32)
            unmasked, _ = rnn.dynamic_rnn(cell, given["x"], dtype=tf.float32)
            return {"y": unmasked, "y_lengths": y,
                    "h_lengths": tf.concat([tf.reshape(s, [-1]) for s in states], 0)}
        return build

    inputs = {"x": numbers(51, 3, 4, 2), "lengths": np.array([4, 2, 1], np.int32)}
    path, files, result, unused = saved_graph(
        "tf1-x-gru", multi([(cells.GRUCell, 5), (cells.GRUCell, 3)]), inputs, optimizer=True)
    write(path.name, "GRUCell: reset, update, then candidate", files, {"num_layers": 2}, inputs,
          result, unused)
    path, files, result, _ = saved_graph(
        "tf1-x-rnn",
        multi([(lambda u: cells.BasicRNNCell(u, activation="relu"), 4),
               (lambda u: cells.BasicRNNCell(u, activation="relu"), 2)]), inputs)
    write(path.name, "BasicRNNCell", files, {"activation": "relu"}, inputs, result)

    def both(given):
        y, states = rnn.bidirectional_dynamic_rnn(
            cells.GRUCell(3), cells.GRUCell(3), given["x"], dtype=tf.float32)
        return {"y": tf.concat(y, -1), "h": tf.stack(states)}

    inputs = {"x": inputs["x"]}
    path, files, result, _ = saved_graph("tf1-x-gru-bidirectional", both, inputs)
    write(path.name, "GRUCell in both directions", files, {"bidirectional": True}, inputs, result)


def cudnn():
    """CudnnCompatibleGRUCell's variables, which TensorFlow 2 has no code for; Keras computes."""
    keras.utils.set_random_seed(52)
    layer = keras.layers.GRU(3, return_sequences=True, bias_initializer="random_normal")
    x = numbers(53, 2, 4, 2)
    y = layer(x)
    kernel, recurrent, bias = (np.asarray(w) for w in layer.weights)
    swapped = [slice(3, 6), slice(0, 3)]  # reset, update
    gates = lambda m: np.concatenate([m[..., s] for s in swapped], -1)
    scope = "rnn/multi_rnn_cell/cell_0/cudnn_compatible_gru_cell/"
    path = folder("tf1-x-gru-cudnn")
    np.savez(path / "model.npz", **{
        scope + "gates/kernel": np.concatenate([gates(kernel), gates(recurrent)]),
        scope + "gates/bias": gates(bias.sum(0)),
        scope + "candidate/input_projection/kernel": kernel[:, 6:],
        scope + "candidate/input_projection/bias": bias[0, 6:],
        scope + "candidate/hidden_projection/kernel": recurrent[:, 6:],
        scope + "candidate/hidden_projection/bias": bias[1, 6:]})
    write(path.name, "CudnnCompatibleGRUCell", ["model.npz"], {}, {"x": x}, {"y": y})


def tensorflow2():
    keras.utils.set_random_seed(54)
    model = keras.Sequential([
        keras.layers.Input((None, 3)),
        keras.layers.Bidirectional(keras.layers.GRU(
            4, return_sequences=True, bias_initializer="random_normal")),
        keras.layers.GRU(
            5, return_sequences=True, reset_after=False, bias_initializer="random_normal"),
        keras.layers.SimpleRNN(2, return_sequences=True, bias_initializer="random_normal")])
    model.compile("adam", "mse")
    path = folder("tf2-x-gru")
    x = numbers(55, 2, 4, 3)
    with tempfile.TemporaryDirectory() as temporary:
        root = pathlib.Path(temporary)
        tf.train.Checkpoint(model).write(str(root / "ckpt" / "model"))
        with tarfile.open(path / "model.tar.gz", "w:gz") as tar:
            tar.add(root / "ckpt", "ckpt")
    write(path.name, "GRU in both forms and SimpleRNN in a TensorFlow 2 checkpoint",
          ["model.tar.gz"], {"num_layers": 3}, {"x": x}, {"y": model(x)},
          ["optimizer/", "adam/", "_all_variables/", "seed_generator", "_losses_override"])


def operator():
    """A GRU in both directions with lengths and a clip, then an RNN that reads backward."""
    weights = lambda seed, *shape: np.random.default_rng(seed).uniform(-0.7, 0.7, shape).astype("f4")
    constants = {"W": weights(61, 2, 12, 3), "R": weights(62, 2, 12, 4), "B": weights(63, 2, 24),
                 "V": weights(64, 1, 2, 8), "S": weights(65, 1, 2, 2), "A": weights(66, 1, 4),
                 "shape": np.array([0, 0, -1], np.int64)}
    nodes = [
        helper.make_node("GRU", ["x", "W", "R", "B", "lens", "h0"], ["Y", "Y_h"], hidden_size=4,
                         direction="bidirectional", linear_before_reset=1, clip=0.9,
                         activations=["Sigmoid", "Tanh", "HardSigmoid", "ScaledTanh"],
                         activation_alpha=[0.3, 0.8], activation_beta=[0.4, 0.9]),
        helper.make_node("Transpose", ["Y"], ["T"], perm=[0, 2, 1, 3]),
        helper.make_node("Reshape", ["T", "shape"], ["flat"]),
        helper.make_node("RNN", ["flat", "V", "S", "A", "lens"], ["Z", "Z_h"], hidden_size=2,
                         direction="reverse", activations=["LeakyRelu"], activation_alpha=[0.1]),
        helper.make_node("Squeeze", ["Z", "one"], ["y"])]
    constants["one"] = np.array([1], np.int64)
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "gru",
        [info("x", TensorProto.FLOAT, ["time", "batch", 3]), info("lens", TensorProto.INT32, ["batch"]),
         info("h0", TensorProto.FLOAT, [2, "batch", 4])],
        [info("y", TensorProto.FLOAT, None), info("Y_h", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(v, k) for k, v in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    path = folder("onnx-x-gru-rnn")
    onnx.save(model, path / "model.onnx")
    x, h0 = numbers(67, 3, 5, 3), np.zeros((2, 3, 4), np.float32)
    lengths = np.array([5, 2, 4], np.int32)
    y, _ = onnxruntime.InferenceSession(model.SerializeToString()).run(
        None, {"x": x.transpose(1, 0, 2), "lens": lengths, "h0": h0})
    write(path.name, "GRU in both directions below an RNN backward", ["model.onnx"], {},
          {"x": x, "lengths": lengths}, {"y_lengths": y.transpose(1, 0, 2)})


if __name__ == "__main__":
    pytorch()
    linen()
    optimized()
    tensorflow1()
    cudnn()
    tensorflow2()
    operator()

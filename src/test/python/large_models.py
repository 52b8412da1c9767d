"""Writes an LSTM of two layers of 1024 units in every format, for the benchmark of imports:

    python large_models.py target/bench/models

Needs torch, tensorflow, keras, onnx and safetensors.
"""

import os
import pathlib
import sys
import tarfile
import tempfile

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import onnx
import safetensors.numpy
import safetensors.torch
import tensorflow as tf
import torch
from onnx import TensorProto, helper, numpy_helper

UNITS = 1024
LAYERS = 2
FOLDER = pathlib.Path(sys.argv[1])
random = np.random.default_rng(5)


def numbers(*shape):
    return random.normal(0, 0.02, shape).astype("float32")


def pytorch():
    lstm = torch.nn.LSTM(UNITS, UNITS, LAYERS)
    state = lstm.state_dict()
    torch.save(state, FOLDER / "pytorch.pt")
    torch.save(state, FOLDER / "pytorch-legacy.pt", _use_new_zipfile_serialization=False)
    safetensors.torch.save_file(state, FOLDER / "pytorch.safetensors")
    np.savez(FOLDER / "pytorch.npz", **{name: value.numpy() for name, value in state.items()})


def keras_files():
    layers = [keras.layers.LSTM(UNITS, return_sequences=True) for _ in range(LAYERS)]
    model = keras.Sequential([keras.Input((None, UNITS)), *layers])
    model.save(FOLDER / "keras3.keras")
    model.save(FOLDER / "keras3.h5")


def tensorflow():
    """The checkpoint's two files, in an archive."""
    scope = "rnn/multi_rnn_cell/cell_%d/lstm_cell/"
    variables = {}
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        for k in range(LAYERS):
            for name, shape in (("kernel", (2 * UNITS, 4 * UNITS)), ("bias", (4 * UNITS,))):
                variables[scope % k + name] = tf.compat.v1.get_variable(scope % k + name, shape)
        session.run(tf.compat.v1.global_variables_initializer())
        with tempfile.TemporaryDirectory() as temporary:
            tf.compat.v1.train.Saver().save(
                session, temporary + "/model.ckpt", write_meta_graph=False, write_state=False)
            with tarfile.open(FOLDER / "tensorflow.tar", "w") as archive:
                archive.add(temporary, "checkpoint")


def onnx_file():
    nodes, tensors, below = [], [], "X"
    for k in range(LAYERS):
        weights = {"W": (1, 4 * UNITS, UNITS), "R": (1, 4 * UNITS, UNITS), "B": (1, 8 * UNITS)}
        names = [name + str(k) for name in weights]
        tensors += [numpy_helper.from_array(numbers(*s), n) for n, s in zip(names, weights.values())]
        nodes.append(helper.make_node("LSTM", [below, *names], ["Y%d" % k], hidden_size=UNITS))
        nodes.append(helper.make_node("Squeeze", ["Y%d" % k, "one"], ["y%d" % k]))
        below = "y%d" % k
    tensors.append(numpy_helper.from_array(np.array([1], np.int64), "one"))
    float_type = TensorProto.FLOAT
    graph = helper.make_graph(
        nodes, "lstm", [helper.make_tensor_value_info("X", float_type, ["time", "batch", UNITS])],
        [helper.make_tensor_value_info(below, float_type, None)], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, FOLDER / "onnx.onnx")


def flax():
    tensors = {}
    for k in range(LAYERS):
        for gate in "ifgo":
            name = "OptimizedLSTMCell_%d/" % k
            tensors[name + "i%s/kernel" % gate] = numbers(UNITS, UNITS)
            tensors[name + "h%s/kernel" % gate] = numbers(UNITS, UNITS)
            tensors[name + "h%s/bias" % gate] = numbers(UNITS)
    safetensors.numpy.save_file(tensors, FOLDER / "flax.safetensors")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for write in (pytorch, keras_files, tensorflow, onnx_file, flax):
        write()

"""Random whole models of Keras 3: Sequential, functional, .keras and .h5."""

import os
import pathlib
import re
import tempfile

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
from keras import layers as L

from serving import Case, main

ACTIVATIONS = ["tanh", "sigmoid", "relu", "hard_sigmoid", "linear", "softsign", "softplus", "elu", "selu",
               "swish", "silu", "gelu", "exponential", "leaky_relu", "relu6", "mish", "hard_silu",
               "hard_swish", "log_sigmoid", "tanh_shrink", "hard_tanh", "celu", "softmax", "log_softmax",
               "sparse_sigmoid", None]
CALM = ["tanh", "sigmoid", "hard_sigmoid", "softsign", "relu", "elu", "linear", "softplus"]


# With masks: both at once, or the last step alone with zeros for what is masked.
REFUSED = re.compile(r"go_backwards=True,(zero_output_for_mask=True),[^)]*unroll|zero_output_for_mask=True(?![^)]*return_sequences)")


def pick(rng, *values):
    return values[rng.integers(len(values))]


def size(rng, most):
    return int(pick(rng, 1, 2, 3, int(rng.integers(1, most + 1)), int(rng.integers(1, most + 1))))


OF_CELL = {
    "LSTM": ("use_bias", "unit_forget_bias", "activation", "recurrent_activation", "dropout", "recurrent_dropout"),
    "GRU": ("use_bias", "reset_after", "activation", "recurrent_activation", "dropout", "recurrent_dropout"),
    "SimpleRNN": ("use_bias", "activation", "dropout", "recurrent_dropout")}


def cell_of(rng, units, options):
    """A cell of any kind with those options that such cells have."""
    kind = pick(rng, "LSTM", "GRU", "SimpleRNN")
    return getattr(L, kind + "Cell")(units, **{k: v for k, v in options.items() if k in OF_CELL[kind]})


def recurrent(rng, sequences, backwards=True, plain=False, mixed_zero=True):
    kind = pick(rng, "LSTM", "LSTM", "GRU", "GRU", "SimpleRNN")
    kwargs = dict(return_sequences=sequences, use_bias=bool(rng.random() < 0.8),
                  unit_forget_bias=bool(rng.random() < 0.8), reset_after=bool(rng.random() < 0.6))
    if rng.random() < 0.4:
        kwargs["activation"] = pick(rng, *CALM)
    if rng.random() < 0.4:
        kwargs["recurrent_activation"] = pick(rng, "sigmoid", "hard_sigmoid", "tanh", "softsign")
    if backwards and rng.random() < 0.2:
        kwargs["go_backwards"] = True
    if rng.random() < 0.2:
        kwargs.update(dropout=0.2, recurrent_dropout=float(pick(rng, 0, 0.1)))
    if mixed_zero and rng.random() < 0.15:
        kwargs["zero_output_for_mask"] = True
    if rng.random() < 0.15:
        kwargs["unroll"] = True
    if rng.random() < 0.15:
        kwargs["kernel_regularizer"] = "l2"
    if rng.random() < 0.1:
        kwargs["kernel_constraint"] = keras.constraints.MaxNorm(3)
    if rng.random() < 0.1:
        kwargs["implementation"] = 1
    units = size(rng, 20)
    if not plain and rng.random() < 0.2:
        rest = {k: v for k, v in kwargs.items() if k in ("return_sequences", "go_backwards", "zero_output_for_mask", "unroll")}
        if rng.random() < 0.4:
            rest.pop("go_backwards", None)
            return L.RNN(L.StackedRNNCells([cell_of(rng, size(rng, 9), kwargs) for _ in range(rng.integers(2, 4))]), **rest)
        return L.RNN(cell_of(rng, units, kwargs), **rest)
    others = {name for names in OF_CELL.values() for name in names} - set(OF_CELL[kind])
    if kind == "SimpleRNN":
        others.add("implementation")
    return getattr(L, kind)(units, **{k: v for k, v in kwargs.items() if k not in others})


def wrapped(rng, sequences):
    merge = pick(rng, "concat", "sum", "mul", "ave")
    if rng.random() < 0.7:
        return L.Bidirectional(recurrent(rng, sequences, False, rng.random() < .7), merge_mode=merge)
    units = size(rng, 12)
    layer = pick(rng, L.LSTM, L.GRU, L.SimpleRNN)
    return L.Bidirectional(
        layer(units, return_sequences=sequences),
        backward_layer=layer(units, return_sequences=sequences, go_backwards=True, activation="softsign"),
        merge_mode=merge)


def step_layer(rng, sequences):
    kind = rng.integers(9)
    if kind == 0:
        return L.Dense(size(rng, 12), activation=pick(rng, *ACTIVATIONS), use_bias=bool(rng.random() < 0.8))
    if kind == 1 and sequences:
        return L.TimeDistributed(L.Dense(size(rng, 12), activation=pick(rng, *ACTIVATIONS)))
    if kind == 2:
        return pick(rng, L.Dropout(0.3), L.GaussianNoise(0.1), L.Activation("linear"), L.Identity())
    if kind == 3:
        return L.BatchNormalization(scale=bool(rng.random() < .8), center=bool(rng.random() < .8))
    if kind == 4:
        return L.LayerNormalization(epsilon=float(pick(rng, 1e-3, 0.1)))
    if kind == 5:
        return pick(rng, L.ReLU(), L.LeakyReLU(), L.ELU(), L.ReLU(max_value=1.5), L.ReLU(negative_slope=0.1))
    if kind == 6 and sequences:
        return L.SpatialDropout1D(0.2)
    if kind == 7:
        return L.Activation(pick(rng, *[a for a in ACTIVATIONS if a]))
    return None


def model(rng):
    batch, time = size(rng, 6), size(rng, 9)
    ids = rng.random() < 0.35
    features = size(rng, 12)
    fixed = bool(rng.random() < 0.5)
    parts, unrolls = [], False
    mask = False
    if ids:
        vocab = size(rng, 30) + 1
        mask = bool(rng.random() < 0.5)
        parts.append(L.Embedding(vocab, size(rng, 12), mask_zero=mask))
    elif rng.random() < 0.4:
        parts.append(L.Masking(float(pick(rng, 0, 0, -1, 7.5))))
        mask = True
    elif rng.random() < 0.2:
        parts.append(L.Dense(size(rng, 9), activation=pick(rng, *CALM)))
    count = int(rng.integers(1, 4))
    last_sequences = bool(rng.random() < 0.5)
    for number in range(count):
        sequences = last_sequences or number < count - 1
        parts.append(wrapped(rng, sequences) if rng.random() < 0.35 else recurrent(rng, sequences))
        if rng.random() < 0.35:
            parts.append(step_layer(rng, sequences))
    for _ in range(rng.integers(0, 3)):
        parts.append(step_layer(rng, last_sequences))
    parts = [p for p in parts if p is not None]
    if any(getattr(p, "unroll", False) or getattr(getattr(p, "layer", None), "unroll", False) or
           getattr(getattr(p, "forward_layer", None), "unroll", False) for p in parts):
        fixed = True
    shape = (time if fixed else None,) if ids else (time if fixed else None, features)
    stateful = bool(rng.random() < 0.1)
    given = dict(batch_shape=(batch, *shape)) if stateful else dict(shape=shape)
    if stateful:
        for p in parts:
            if type(p) in (L.LSTM, L.GRU, L.SimpleRNN):
                p.stateful = True
    dtype = "int32" if ids else "float32"
    if rng.random() < 0.5:
        m = keras.Sequential([keras.Input(**given, dtype=dtype), *parts])
    else:
        x = y = keras.Input(**given, dtype=dtype)
        for part in parts:
            y = part(y)
        m = keras.Model(x, y)
    if ids:
        x = rng.integers(0, vocab, (batch, time)).astype("int32")
        if mask:
            for row in range(batch):
                keep = rng.integers(1, time + 1)
                if rng.random() < .7:
                    x[row, keep:] = 0
    else:
        x = rng.normal(0, 1, (batch, time, features)).astype("float32")
        if mask:
            gone = rng.random((batch, time)) < 0.3
            x[gone] = parts[0].mask_value
    return m, x, mask, parts


def generate(rng, count):
    for number in range(count):
        keras.utils.clear_session()
        m, x, mask, parts = model(rng)
        for weight in m.weights:
            if "float" in weight.dtype and "seed" not in weight.path:
                spread = rng.normal(0, 0.4, weight.shape)
                weight.assign(np.exp(spread) if "variance" in weight.path else spread)
        if rng.random() < 0.2:
            m.compile("adam", "mse")
        expected = np.asarray(m(x, training=False))
        scale = max(1.0, float(np.abs(expected).max()))
        if not np.isfinite(expected).all() or scale > 1e4:
            continue
        what = " ".join(describe(p) for p in parts)
        with tempfile.TemporaryDirectory() as folder:
            for ending in ("keras", "h5"):
                path = pathlib.Path(folder) / ("model." + ending)
                m.save(path) if ending == "keras" else m.save(path)
                refused = None
                if any(type(p) is L.Bidirectional and "StackedRNNCells" in str(p.get_config()) for p in parts):
                    refused = "StackedRNNCells"
                elif mask and REFUSED.search(what):
                    refused = "unroll|zero_output"
                yield Case(f"{number} {ending} {type(m).__name__} x{x.shape} -> {expected.shape}: {what}",
                           {path.name: path.read_bytes()}, x, {"output": expected}, tolerance=1e-5 * scale,
                           unused="optimizer|seed|moving_avg", gates=not mask, refused=refused)


def describe(part):
    config = part.get_config()
    text = type(part).__name__
    for inner in ("layer", "backward_layer", "cell"):
        if isinstance(config.get(inner), dict):
            text += "<%s %s>" % (config[inner]["class_name"], essential(config[inner]["config"]))
    return text + essential(config)


def essential(config):
    wanted = ("units", "activation", "recurrent_activation", "go_backwards", "merge_mode", "mask_zero", "mask_value",
              "zero_output_for_mask", "stateful", "use_bias", "unroll", "return_sequences", "cells", "reset_after")
    return "(" + ",".join(f"{k}={config[k] if k != 'cells' else len(config[k])}" for k in wanted if config.get(k) not in (None, False)) + ")"


main(generate)

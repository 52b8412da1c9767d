"""Random functional networks of Keras around recurrent layers, as .keras and as .h5.

python keras_network_variants.py FOLDER [count] [seed]
"""

import os
import pathlib
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
from keras import layers as L
from keras import ops

from cases import main

ACTIVATIONS = [
    None, "tanh", "sigmoid", "relu", "elu", "selu", "gelu", "silu", "softplus", "softsign", "hard_sigmoid", "hard_silu",
    "hard_tanh", "hard_shrink", "soft_shrink", "tanh_shrink", "squareplus", "celu", "mish", "relu6", "leaky_relu", "log_sigmoid",
    "sparse_plus", "sparse_sigmoid", "exponential", "softmax", "log_softmax", "glu", "linear"]
OF_CELLS = ["tanh", "tanh", "sigmoid", "softsign", "hard_sigmoid", "hard_tanh", "relu6", "elu"]


def pick(rng, *values):
    return values[rng.integers(len(values))]


def activation(rng):
    if rng.random() < 0.15:
        return pick(rng, L.LeakyReLU(negative_slope=0.2), L.ReLU(max_value=2.0), L.ELU(alpha=0.7), L.ReLU(negative_slope=0.3))
    return pick(rng, *ACTIVATIONS)


def cell(rng, units):
    return pick(rng, L.LSTMCell, L.GRUCell, L.SimpleRNNCell)(units, activation=pick(rng, *OF_CELLS))


def recurrent(rng, sequences, **more):
    units = int(rng.integers(1, 8))
    if rng.random() < 0.12 and not more:
        cells = [cell(rng, int(rng.integers(1, 6))) for _ in range(rng.integers(1, 4))]
        return L.RNN(cells if len(cells) > 1 else cells[0], return_sequences=sequences)
    kind = pick(rng, L.LSTM, L.LSTM, L.GRU, L.SimpleRNN)
    kwargs = dict(return_sequences=sequences, activation=pick(rng, *OF_CELLS), use_bias=bool(rng.random() < 0.85), **more)
    if kind is L.GRU:
        kwargs["reset_after"] = bool(rng.random() < 0.5)
    if rng.random() < 0.15:
        kwargs["go_backwards"] = True
    return kind(units, **kwargs)


def bidirectional(rng, sequences):
    layer = recurrent(rng, sequences)
    if getattr(layer, "go_backwards", False) or type(layer) is L.RNN:
        layer = L.LSTM(4, return_sequences=sequences)
    return L.Bidirectional(layer, merge_mode=pick(rng, "concat", "sum", "mul", "ave", None))


def of_steps(rng, x):
    """A layer on [batch, steps, features]."""
    steps, width = x.shape[1], x.shape[2]
    conv = dict(strides=pick(rng, 1, 1, 2), padding=pick(rng, "valid", "same", "causal"), activation=activation(rng), use_bias=bool(rng.random() < .8))
    if conv["strides"] == 1 and rng.random() < 0.3:
        conv["dilation_rate"] = 2
    separable = {**conv, "padding": pick(rng, "valid", "same")}
    choices = [
        lambda: recurrent(rng, True), lambda: recurrent(rng, False), lambda: bidirectional(rng, True), lambda: bidirectional(rng, False),
        lambda: L.Conv1D(groups_out(rng, width)[0], int(rng.integers(1, 5)), groups=groups_out(rng, width)[1], **conv),
        lambda: L.Conv1D(int(rng.integers(1, 7)), int(rng.integers(1, 4)), **conv),
        lambda: L.SeparableConv1D(int(rng.integers(1, 6)), 3, depth_multiplier=int(rng.integers(1, 3)), **{**separable, "dilation_rate": 1}),
        lambda: L.DepthwiseConv1D(3, depth_multiplier=int(rng.integers(1, 3)), **{**separable, "dilation_rate": 1}),
        lambda: L.MaxPooling1D(int(rng.integers(1, 4)), strides=pick(rng, None, 1, 2), padding=pick(rng, "valid", "same")),
        lambda: L.AveragePooling1D(int(rng.integers(1, 4)), strides=pick(rng, None, 1, 2), padding=pick(rng, "valid", "same")),
        lambda: L.GlobalMaxPooling1D(keepdims=bool(rng.random() < .3)), lambda: L.GlobalAveragePooling1D(keepdims=bool(rng.random() < .3)),
        lambda: L.Flatten(), lambda: L.Permute((2, 1)), lambda: L.ZeroPadding1D((int(rng.integers(0, 3)), int(rng.integers(0, 3)))),
        lambda: L.Cropping1D((int(rng.integers(0, 2)), int(rng.integers(0, 2)))), lambda: L.UpSampling1D(2),
        lambda: L.Reshape((-1, width * pick(rng, 1, 2))), lambda: L.SpatialDropout1D(0.2),
        lambda: L.TimeDistributed(L.Dense(int(rng.integers(1, 6)), activation=activation(rng))),
        lambda: L.TimeDistributed(pick(rng, L.BatchNormalization(), L.LayerNormalization(), L.Dropout(0.2), L.Activation("tanh"), L.LeakyReLU())),
        lambda: L.PReLU(shared_axes=[1]), lambda: L.Softmax(axis=pick(rng, 1, -1, 2)), lambda: L.UnitNormalization(axis=pick(rng, -1, 1, 2)),
        lambda: L.GroupNormalization(pick(rng, -1, 1, width)), lambda: L.Masking(0.0),
    ]
    return pick(rng, *choices)()


def groups_out(rng, width):
    groups = pick(rng, *[g for g in range(1, width + 1) if width % g == 0])
    return groups * 2, groups


def of_any(rng):
    return pick(
        rng, lambda: L.Dense(int(rng.integers(1, 8)), activation=activation(rng)), lambda: L.Dropout(0.3), lambda: L.GaussianNoise(0.1),
        lambda: L.ActivityRegularization(0.1), lambda: L.BatchNormalization(scale=bool(rng.random() < .8)),
        lambda: L.LayerNormalization(epsilon=float(pick(rng, 1e-3, 0.1))), lambda: L.Activation(activation(rng) or "tanh"),
        lambda: L.LeakyReLU(), lambda: L.ReLU(threshold=0.3), lambda: L.ReLU(max_value=1.0), lambda: L.ELU(0.4), lambda: L.UnitNormalization(),
        lambda: L.Rescaling(0.5, offset=0.1), lambda: L.PReLU(shared_axes=None), lambda: L.Identity())()


def operation(rng, x):
    """What code does without layers."""
    rank = len(x.shape)
    choices = [
        lambda: x + 0.5, lambda: 2.0 * x, lambda: 1.0 - x, lambda: x / 3.0, lambda: -x, lambda: x * x, lambda: x ** 2, lambda: x - 0.25,
        lambda: ops.relu(x), lambda: ops.tanh(x), lambda: ops.sigmoid(x), lambda: ops.gelu(x), lambda: ops.gelu(x, approximate=False),
        lambda: ops.leaky_relu(x), lambda: ops.elu(x), lambda: ops.silu(x), lambda: ops.softplus(x), lambda: ops.softmax(x), lambda: ops.abs(x),
        lambda: ops.square(x), lambda: ops.maximum(x, 0.1), lambda: ops.minimum(x, 0.5), lambda: ops.clip(x, -0.5, 0.5), lambda: ops.exp(x),
        lambda: ops.hard_sigmoid(x), lambda: ops.log_softmax(x), lambda: ops.squareplus(x), lambda: ops.celu(x, 0.5), lambda: ops.soft_shrink(x),
        lambda: ops.hard_shrink(x, 0.2), lambda: ops.threshold(x, 0.1, 0.3), lambda: ops.sparse_plus(x), lambda: ops.hard_tanh(x),
        lambda: ops.add(x, np.arange(x.shape[-1], dtype="float32")), lambda: x * np.full(x.shape[-1], 1.5, "float32"),
        lambda: ops.expand_dims(x, 1) if rank == 2 else ops.squeeze(ops.expand_dims(x, 1), 1), lambda: ops.stack([x, x], axis=1) if rank == 2 else x + 1,
        lambda: ops.concatenate([x, x], axis=-1), lambda: ops.matmul(x, np.linspace(-1, 1, x.shape[-1] * 2, dtype="float32").reshape(-1, 2)),
        lambda: ops.split(x, [1], axis=-1)[0] if x.shape[-1] > 1 else x,
    ]
    if rank == 3:
        choices += [
            lambda: x[:, -1], lambda: x[:, -1, :], lambda: x[:, 0], lambda: x[:, 1:], lambda: x[:, :-1], lambda: x[:, -2:, :], lambda: x[:, ::-1],
            lambda: x[..., :1], lambda: x[:, :, 0], lambda: ops.mean(x, axis=1), lambda: ops.max(x, axis=1), lambda: ops.sum(x, axis=-1),
            lambda: ops.min(x, axis=1, keepdims=True), lambda: ops.flip(x, axis=1), lambda: ops.transpose(x, (0, 2, 1)), lambda: ops.mean(x, axis=[1, 2], keepdims=True),
            lambda: ops.matmul(ops.softmax(ops.matmul(x, ops.transpose(x, (0, 2, 1))), axis=-1), x), lambda: ops.reshape(x, (-1, x.shape[1] * x.shape[2])),
            lambda: x[:, None, :, :][:, 0]]
    return pick(rng, *choices)()


def merge(rng, a, b):
    if a.shape[1:] == b.shape[1:] and rng.random() < 0.7:
        layer = pick(rng, L.Add, L.Multiply, L.Average, L.Maximum, L.Minimum, L.Subtract, L.Concatenate, None, None)
        if layer is None:
            return pick(rng, lambda: a + b, lambda: a * b, lambda: a - b, lambda: ops.maximum(a, b), lambda: ops.concatenate([a, b], axis=-1))()
        return layer()([a, b])
    if len(a.shape) == 3 and len(b.shape) == 3 and a.shape[-1] == b.shape[-1]:
        causal = bool(rng.random() < 0.3)
        kind = rng.integers(5)
        if kind == 0:
            return L.Attention(use_scale=bool(rng.random() < .5))([a, b], use_causal_mask=causal)
        if kind == 1:
            return L.AdditiveAttention(use_scale=bool(rng.random() < .5))([a, b], use_causal_mask=causal)
        if kind == 2:
            layer = L.MultiHeadAttention(int(rng.integers(1, 4)), int(rng.integers(1, 4)), value_dim=pick(rng, None, 3), use_bias=bool(rng.random() < .7))
            return layer(a, b, use_causal_mask=True) if causal else layer(a, b)
        if kind == 3:
            return L.Concatenate(axis=1)([a, b])
        return L.Dot(axes=(2, 2), normalize=bool(rng.random() < .3))([a, b])
    if len(a.shape) == 2 and len(b.shape) == 2:
        return L.Concatenate()([a, b])
    if len(a.shape) == 3 and len(b.shape) == 2 and a.shape[1]:
        return L.Concatenate()([a, L.RepeatVector(a.shape[1])(b)])
    if len(a.shape) == 3 and len(b.shape) == 2 and a.shape[-1] == b.shape[-1]:
        return L.Dot(axes=(2, 1))([a, b])
    return None


def inner_model(rng, shape):
    x = y = keras.Input(shape)
    for _ in range(rng.integers(1, 3)):
        y = step(rng, y, [], False)
    return keras.Model(x, y) if y is not x else None


def step(rng, x, others, nested=True):
    kind = rng.random()
    if kind < 0.12 and others:
        y = merge(rng, x, others[rng.integers(len(others))])
        return x if y is None else y
    if kind < 0.32:
        return operation(rng, x)
    if kind < 0.38 and nested:
        inner = inner_model(rng, x.shape[1:])
        return x if inner is None else inner(x)
    if kind < 0.44 and len(x.shape) == 3:
        layer = recurrent(rng, True, return_state=True)
        out = layer(x)
        if rng.random() < 0.5 and type(layer) in (L.LSTM, L.GRU):
            again = type(layer)(layer.units, return_sequences=bool(rng.random() < .5))
            return again(pick(rng, x, out[0]), initial_state=out[1:])
        return pick(rng, *out)
    if len(x.shape) == 3 and kind < 0.8:
        y = of_steps(rng, x)(x)
    elif len(x.shape) == 2 and kind < 0.6:
        y = L.RepeatVector(int(rng.integers(1, 5)))(x) if rng.random() < 0.6 else L.Reshape((1, -1))(x)
    else:
        layer = of_any(rng)
        if isinstance(layer, L.PReLU) and len(x.shape) == 3:
            layer = L.PReLU(shared_axes=[1])
        y = layer(x)
        if rng.random() < 0.1 and y.shape[1:] == x.shape[1:]:
            y = layer(y)
    if isinstance(y, (list, tuple)):
        return L.Concatenate()(list(y))
    return y


def network(rng):
    time = int(rng.integers(2, 10))
    shown = time if rng.random() < 0.6 else None
    inputs, values = [], []
    kind = pick(rng, "x", "x", "x", "ids", "two")
    if kind == "ids":
        vocabulary = int(rng.integers(3, 12))
        i = keras.Input((shown,), dtype="int32")
        x = L.Embedding(vocabulary, int(rng.integers(1, 6)), mask_zero=bool(rng.random() < 0.4))(i)
        inputs.append(i)
        values.append(lambda b: rng.integers(0, vocabulary, (b, time)).astype("int32"))
    else:
        width = int(rng.integers(1, 6))
        x = keras.Input((shown, width), name="history" if kind == "two" else None)
        inputs.append(x)
        values.append(lambda b: rng.normal(0, 1, (b, time, width)).astype("float32"))
    others = []
    if kind == "two":
        static = int(rng.integers(1, 5))
        s = keras.Input((static,), name="static")
        inputs.append(s)
        values.append(lambda b: rng.normal(0, 1, (b, static)).astype("float32"))
        others.append(s)
    if rng.random() < 0.1 and kind != "ids":
        x = L.Masking(0.0)(x)
    for _ in range(rng.integers(2, 9)):
        y = step(rng, x, others)
        if len(y.shape) not in (2, 3) or (y.shape[-1] or 99) > 60:
            return None
        others.append(x)
        x = y
    if kind == "two":
        flat = x if len(x.shape) == 2 else L.GRU(3)(x)
        x = L.Concatenate()([flat, L.Dense(2, activation="tanh")(s)])
    outputs = [x]
    if rng.random() < 0.15 and others:
        other = others[rng.integers(len(others))]
        if other is not x and not any(other is i for i in inputs):
            outputs.append(other)
    return keras.Model(inputs, outputs), [value(int(b)) for b in [rng.integers(1, 4)] for value in values]


def generate(rng):
    keras.utils.clear_session()
    try:
        made = network(rng)
        if made is None:
            return None
        model, xs = made
        for weight in model.weights:
            if "float" in weight.dtype and "seed" not in weight.path:
                spread = rng.normal(0, 0.4, weight.shape)
                weight.assign(np.exp(spread) if "variance" in weight.path else spread)
        y = model(xs if len(xs) > 1 else xs[0], training=False)
    except (ValueError, TypeError, NotImplementedError, AttributeError, RuntimeError, AssertionError, IndexError) as e:
        return None
    except Exception as e:
        if "tensorflow" in type(e).__module__:
            return None
        raise
    flat = [layer for layer in model._flatten_layers() if isinstance(layer, (L.RNN, L.LSTM, L.GRU, L.SimpleRNN))]
    if not flat:
        return None
    ys = y if isinstance(y, (list, tuple)) else [y]
    names = [t._keras_history.operation.name for t in model.outputs]
    if len(set(names)) != len(names) or not all(np.isfinite(np.asarray(v)).all() and np.abs(v).max(initial=0) < 1e4 for v in ys):
        return None
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        for ending in ("keras", "h5"):
            path = pathlib.Path(folder) / ("model." + ending)
            try:
                model.save(path)
            except Exception as e:  # Some of Keras' own names meet in an h5 file.
                continue
            files[path.name] = path.read_bytes()
    given = dict(zip([i.name for i in model.inputs] if len(xs) > 1 else ["x"], xs))
    expected = dict(zip(names if len(ys) > 1 else ["output"], ys))
    note = " ".join(type(o).__name__ for o in model.operations)
    return dict(files=files, inputs=given, expected=expected, note=note, tolerance=3e-5)


main(generate)

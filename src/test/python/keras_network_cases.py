"""Golden networks of Keras 3: python keras_network_cases.py [folder]"""

import os
import pathlib
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).parent / "variants"))
import keras
import numpy as np
from keras import layers as L
from keras import ops

from cases import write

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "src/test/resources/golden-networks"


def case(name, model, note, *xs):
    rng = np.random.default_rng(17)
    for weight in model.weights:
        spread = rng.normal(0, 0.4, weight.shape)
        weight.assign(np.exp(spread) if "variance" in weight.path else spread)
    y = model(list(xs) if len(xs) > 1 else xs[0], training=False)
    ys = y if isinstance(y, (list, tuple)) else [y]
    names = [t._keras_history.operation.name for t in model.outputs] if len(ys) > 1 else ["output"]
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        for ending in ("keras", "h5"):
            path = pathlib.Path(folder) / ("model." + ending)
            model.save(path)
            files[path.name] = path.read_bytes()
    inputs = dict(zip([i.name for i in model.inputs] if len(xs) > 1 else ["x"], xs))
    write(FOLDER, name, files, inputs, dict(zip(names, ys)), tolerance=1e-5, note=note)


def numbers(*shape):
    return np.random.default_rng(5).normal(0, 1, shape).astype("float32")


x = keras.Input((7, 4))
h = L.LSTM(5, return_sequences=True)(x)
y = 1.0 - h[:, -1] * 2.0 + ops.mean(h, axis=1) / 3.0
y = ops.concatenate([y, ops.gelu(h[:, 0]), h[:, 2:5, 1], ops.flip(h, axis=1)[:, 1]], axis=-1)
case("keras-operations", keras.Model(x, L.Dense(3)(ops.hard_shrink(y, 0.1))), "indices, arithmetic and keras.ops", numbers(3, 7, 4))

i = keras.Input((None,), dtype="int32")
e = L.Embedding(9, 4, mask_zero=True)(i)
inner = keras.Input((None, 4))
nested = keras.Model(inner, L.GRU(3, return_sequences=True)(inner))
h = nested(e)  # The mask reaches the layers inside, and ends there.
ids = np.array([[1, 2, 3, 0, 0], [4, 0, 5, 6, 0], [7, 8, 1, 2, 3]], "int32")
case("keras-nested-mask", keras.Model(i, L.LSTM(2)(h + L.Dense(3)(e))), "a mask that a model inside takes, and an operation drops", ids)

x = keras.Input((None, 4))
h = L.SeparableConv1D(6, 3, depth_multiplier=2, padding="same", activation="celu")(x)
h = L.UpSampling1D(2)(L.UnitNormalization()(h))
f, b = L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode=None)(h)
a = L.Attention(use_scale=True)([f, b], use_causal_mask=True)
a = L.MultiHeadAttention(2, 3)(a, a, use_causal_mask=True)
y = L.Dense(6, activation=L.LeakyReLU(negative_slope=0.2))(L.GlobalMaxPooling1D()(a))
case("keras-causal-attention", keras.Model(x, L.Dense(4, activation="glu")(y)), "causal attention of two directions apart; glu", numbers(2, 6, 4))

"""Writes the cases of src/test/resources/golden that begin with `keras-extra-`.

Run with Keras 3 on any backend:  python keras_cases.py src/test/resources/golden
Each folder holds the model as .keras and .h5, an input, and what Keras computed.
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras
import numpy as np
from keras import layers as L

random = np.random.default_rng(11)


def floats(*shape):
    return random.normal(0, 0.8, shape).astype("float32")


def masked(batch, time, size, value=0.0):
    x = floats(batch, time, size)
    x[0, -2:] = value
    x[1, 0] = value
    x[2, 1:3] = value
    return x


def functional_mask():
    ids = keras.Input((None,), dtype="int32")
    y = L.Embedding(13, 6, mask_zero=True)(ids)
    y = L.LSTM(5, return_sequences=True)(y)
    y = L.SpatialDropout1D(0.3)(y)
    y = L.LSTM(7)(y)
    x = random.integers(0, 13, (3, 6)).astype("int32")
    return keras.Model(ids, L.Dense(3, activation="softmax")(y)), x


def stacked_norms():
    x = keras.Input((7, 5))
    y = L.Masking(0.0)(x)
    y = L.Bidirectional(L.LSTM(4, return_sequences=True, dropout=0.2), merge_mode="ave")(y)
    y = L.Dropout(0.2)(y)
    y = L.BatchNormalization()(y)
    y = L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode="mul")(y)
    y = L.LayerNormalization(epsilon=0.01)(y)
    y = L.TimeDistributed(L.Dense(6, activation="gelu"))(y)
    y = L.LeakyReLU(negative_slope=0.1)(y)
    return keras.Model(x, L.Dense(2)(y)), masked(3, 7, 5)


def masked_sequences():
    return (
        keras.Sequential(
            [keras.Input((6, 3)), L.Masking(-1.0), L.LSTM(4, return_sequences=True)]
        ),
        masked(4, 6, 3, -1.0),
    )


def masked_bidirectional_last():
    return (
        keras.Sequential(
            [
                keras.Input((6, 3)),
                L.Masking(),
                L.Bidirectional(L.LSTM(4), merge_mode="concat"),
                L.BatchNormalization(scale=False),
                L.Dense(3, activation="elu", use_bias=False),
                L.Softmax(),
            ]
        ),
        masked(4, 6, 3),
    )


def masked_backwards():
    return (
        keras.Sequential(
            [
                keras.Input((6, 2)),
                L.Masking(),
                L.LSTM(3, go_backwards=True, return_sequences=True),
                L.LSTM(4, go_backwards=True),
            ]
        ),
        masked(3, 6, 2),
    )


def activations():
    return (
        keras.Sequential(
            [
                keras.Input((4, 3)),
                L.Dense(4, activation="selu"),
                L.LSTM(
                    5,
                    activation="softsign",
                    recurrent_activation="hard_sigmoid",
                    return_sequences=True,
                    use_bias=False,
                ),
                L.LSTM(3, activation="hard_sigmoid", stateful=False, unroll=True),
                L.Activation("swish"),
                L.LayerNormalization(center=False),
            ]
        ),
        floats(2, 4, 3),
    )


def cells():
    x = keras.Input((None, 4))
    y = L.RNN(L.StackedRNNCells([L.LSTMCell(3), L.LSTMCell(5)]), return_sequences=True)(x)
    y = L.RNN(L.LSTMCell(2), go_backwards=True)(y)
    return keras.Model(x, y), floats(3, 5, 4)


def backward_of_another_size():
    return (
        keras.Sequential(
            [
                keras.Input((5, 3)),
                L.Bidirectional(
                    L.LSTM(2, return_sequences=True),
                    backward_layer=L.LSTM(4, return_sequences=True, go_backwards=True),
                ),
                L.GaussianNoise(0.1),
                L.TimeDistributed(L.Activation("softplus")),
            ]
        ),
        floats(2, 5, 3),
    )


CASES = [
    functional_mask,
    stacked_norms,
    masked_sequences,
    masked_bidirectional_last,
    masked_backwards,
    activations,
    cells,
    backward_of_another_size,
]


def tensor(values):
    return {"shape": list(values.shape), "data": np.asarray(values, "float64").ravel().tolist()}


def main(root):
    for number, make in enumerate(CASES):
        keras.utils.set_random_seed(number)
        model, x = make()
        for weight in model.weights:
            spread = random.normal(0, 0.4, weight.shape)
            is_variance = "variance" in weight.path
            if weight.dtype == "float32":
                weight.assign(np.exp(spread) if is_variance else spread)
        folder = pathlib.Path(root) / ("keras-extra-" + make.__name__.replace("_", "-"))
        folder.mkdir(parents=True, exist_ok=True)
        files = ["model.keras", "model.h5"]
        for file in files:
            model.save(folder / file)
        case = {
            "note": "Keras " + keras.__version__,
            "files": files,
            "inputs": {"x": tensor(x)},
            "expected": {"y": tensor(np.asarray(model(x, training=False)))},
            "tolerance": 1e-5,
        }
        (folder / "case.json").write_text(json.dumps(case) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])

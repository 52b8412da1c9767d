"""Whole networks of Keras with what it computes, for src/test/resources/golden-networks.

    python src/test/python/network_cases.py [name ...]
"""

import json
import pathlib
import sys

import keras
import numpy as np
from keras import layers as L

FOLDER = pathlib.Path(__file__).parent.parent / "resources" / "golden-networks"


def two_sequences():
    price = keras.Input((None, 3), name="price")
    volume = keras.Input((None, 2), name="volume")
    x = L.LSTM(5, return_sequences=True)(L.Concatenate()([price, volume]))
    return keras.Model([price, volume], L.Dense(2)(x)), {"price": (3, 7, 3), "volume": (3, 7, 2)}


def shared_encoder():
    left = keras.Input((None, 3), name="left")
    right = keras.Input((None, 3), name="right")
    encoder = L.GRU(5)
    x = L.Subtract()([encoder(left), encoder(right)])
    return keras.Model([left, right], L.Dense(2)(x)), {"left": (3, 7, 3), "right": (3, 4, 3)}


def two_embeddings():
    words = keras.Input((None,), name="words", dtype="int32")
    tags = keras.Input((6,), name="tags", dtype="int32")
    x = L.Concatenate()([L.LSTM(4)(L.Embedding(9, 3)(words)), L.Flatten()(L.Embedding(7, 2)(tags))])
    return keras.Model([words, tags], L.Dense(2)(x)), {"words": (3, 5, 9), "tags": (3, 6, 7)}


def image():
    x = keras.Input((6, 5, 1))
    return keras.Model(x, L.Dense(3)(L.LSTM(4)(L.Reshape((6, 5))(x)))), {"x": (3, 6, 5, 1)}


MODELS = {
    "keras-x-two-sequences": two_sequences,
    "keras-x-shared-encoder": shared_encoder,
    "keras-x-two-embeddings": two_embeddings,
    "keras-x-image": image,
}


def tensor(values):
    return {"shape": list(values.shape), "data": values.ravel().tolist()}


def make(name):
    keras.utils.set_random_seed(len(name))
    rng = np.random.default_rng(len(name))
    model, shapes = MODELS[name]()
    inputs = {}
    for each, shape in shapes.items():
        inputs[each] = (
            rng.integers(0, shape[-1], shape[:-1])
            if name == "keras-x-two-embeddings"
            else rng.standard_normal(shape).astype("float32")
        )
    output = model.predict(list(inputs.values()) if len(inputs) > 1 else inputs["x"], verbose=0)
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("model.keras", "model.h5"):
        model.save(folder / file)
    case = {
        "note": MODELS[name].__name__.replace("_", " "),
        "files": ["model.keras", "model.h5"],
        "inputs": {each: tensor(values) for each, values in inputs.items()},
        "expected": {"output": tensor(output)},
        "tolerance": 1e-5,
    }
    (folder / "case.json").write_text(json.dumps(case) + "\n")


for wanted in sys.argv[1:] or MODELS:
    make(wanted)

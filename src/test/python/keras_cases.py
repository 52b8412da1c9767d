"""Writes the cases of src/test/resources/golden that begin with `keras-extra-`, and the files
of src/test/resources/refused/keras.

Run with Keras 3 on any backend:  python keras_cases.py src/test/resources/golden
Each folder holds the model as .keras and .h5, an input, and what Keras computed.
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import h5py
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


def more_activations():
    return (
        keras.Sequential(
            [
                keras.Input((4, 3)),
                L.LSTM(4, activation="hard_tanh", recurrent_activation="sparse_sigmoid",
                       return_sequences=True),
                L.Dense(5, activation="mish"),
                L.Activation("hard_silu"),
                L.LSTM(3, activation="relu6", return_sequences=True),
                L.ReLU(max_value=0.6),
                L.TimeDistributed(L.Dense(4, activation="tanh_shrink")),
                L.Dense(3, activation="log_sigmoid"),
                L.Activation("log_softmax"),
            ]
        ),
        floats(2, 4, 3),
    )


def keras2_layer(class_name, name, **config):
    return {"class_name": class_name, "config": {"name": name, **config}}


def keras2(path, version, model_config, weights, root="model_weights"):
    """A file as Keras 2 lays it out, which no Keras 3 writes any more."""
    with h5py.File(path, "w") as file:
        if model_config:
            file.attrs["keras_version"] = version.encode()
            file.attrs["model_config"] = json.dumps(model_config).encode()
        group = file.create_group(root) if root else file
        group.attrs["layer_names"] = [name.encode() for name in weights]
        for layer, variables in weights.items():
            names = [f"{layer}/{name}:0".encode() for name in variables]
            layer_group = group.create_group(layer)
            layer_group.attrs["weight_names"] = names
            for name, values in zip(names, variables.values()):
                layer_group.create_dataset(name.decode(), data=values)


def lstm_variables(layer):
    return dict(zip(("kernel", "recurrent_kernel", "bias"), layer.get_weights()))


def keras2_functional():
    """Keras 2.2: hard_sigmoid is clip(0.2 x + 0.5), and nodes are lists."""
    old = lambda x: keras.ops.clip(0.2 * x + 0.5, 0, 1)
    lstm = L.LSTM(4, recurrent_activation=old, return_sequences=True, name="lstm_1")
    dense = L.Dense(2, activation=old, name="dense_1")
    ids = keras.Input((6,), dtype="int32")
    embedding = L.Embedding(9, 3, mask_zero=True, name="embedding_1")
    model = keras.Model(ids, dense(lstm(embedding(ids))))
    node = lambda name: [[[name, 0, 0, {}]]]
    layers = [
        keras2_layer("InputLayer", "input_1", batch_input_shape=[None, 6], dtype="int32"),
        keras2_layer(
            "Embedding", "embedding_1", input_dim=9, output_dim=3, mask_zero=True
        ),
        keras2_layer(
            "LSTM",
            "lstm_1",
            units=4,
            activation="tanh",
            recurrent_activation="hard_sigmoid",
            use_bias=True,
            return_sequences=True,
            go_backwards=False,
        ),
        keras2_layer("Dense", "dense_1", units=2, activation="hard_sigmoid", use_bias=True),
    ]
    for layer, before in zip(layers, [None, "input_1", "embedding_1", "lstm_1"]):
        layer["name"] = layer["config"]["name"]
        layer["inbound_nodes"] = node(before) if before else []
    config = {
        "class_name": "Model",
        "config": {
            "name": "model_1",
            "layers": layers,
            "input_layers": [["input_1", 0, 0]],
            "output_layers": [["dense_1", 0, 0]],
        },
    }
    weights = lambda: {
        "input_1": {},
        "embedding_1": {"embeddings": embedding.get_weights()[0]},
        "lstm_1": lstm_variables(lstm),
        "dense_1": dict(zip(("kernel", "bias"), dense.get_weights())),
    }
    x = random.integers(0, 9, (3, 6)).astype("int32")
    return model, x, lambda path: keras2(path, "2.2.4", config, weights())


def to_cudnn(variables):
    """The inverse of what Keras 2's `_convert_rnn_weights` does."""
    split = lambda matrix: np.split(matrix, 4, axis=1)
    return {
        "kernel": np.hstack(
            [k.T.reshape(k.shape) for k in split(variables["kernel"])]
        ),
        "recurrent_kernel": np.hstack([k.T for k in split(variables["recurrent_kernel"])]),
        "bias": np.tile(0.5 * variables["bias"], 2),
    }


def keras2_cudnn():
    lstm = L.LSTM(4)
    model = keras.Sequential([keras.Input((5, 3)), lstm])
    config = {
        "class_name": "Sequential",
        "config": [
            keras2_layer(
                "CuDNNLSTM",
                "cu_dnnlstm_1",
                batch_input_shape=[None, 5, 3],
                units=4,
                return_sequences=False,
            )
        ],
    }
    weights = lambda: {"cu_dnnlstm_1": to_cudnn(lstm_variables(lstm))}
    return model, floats(2, 5, 3), lambda path: keras2(path, "2.2.4", config, weights())


def keras2_cudnn_gru():
    """Two biases, which stay apart; and a GRU of a release before reset_after."""
    first, second = L.GRU(4, return_sequences=True), L.GRU(2, reset_after=False)
    model = keras.Sequential([keras.Input((5, 3)), first, second])
    config = {
        "class_name": "Sequential",
        "config": [
            keras2_layer(
                "CuDNNGRU",
                "cu_dnngru_1",
                batch_input_shape=[None, 5, 3],
                units=4,
                return_sequences=True,
            ),
            keras2_layer(
                "GRU",
                "gru_1",
                units=2,
                return_sequences=False,
                activation="tanh",
                recurrent_activation="sigmoid",
                use_bias=True,
            ),
        ],
    }

    def weights():
        kernel, recurrent, bias = (np.asarray(w) for w in first.weights)
        split = lambda matrix: np.split(matrix, 3, axis=1)
        names = ("kernel", "recurrent_kernel", "bias")
        return {
            "cu_dnngru_1": {
                "kernel": np.hstack([k.T.reshape(k.shape) for k in split(kernel)]),
                "recurrent_kernel": np.hstack([k.T for k in split(recurrent)]),
                "bias": bias.ravel(),
            },
            "gru_1": dict(zip(names, map(np.asarray, second.weights))),
        }

    return model, floats(2, 5, 3), lambda path: keras2(path, "2.1.2", config, weights())


def refused(folder):
    """Files that hold weights without saying what the layers are."""
    folder.mkdir(parents=True, exist_ok=True)
    model = keras.Sequential([keras.Input((5, 3)), L.LSTM(4)])
    model.save_weights(folder / "keras3.weights.h5")
    keras2(folder / "keras2-weights.h5", None, None, {"lstm": lstm_variables(model.layers[0])}, "")
    last = L.Lambda(lambda x: x[:, -1, :], name="lambda")
    steps = L.LSTM(4, return_sequences=True)
    keras.Sequential([keras.Input((5, 3)), steps, last, L.Dense(1)]).save(folder / "lambda.keras")
    images = L.ConvLSTM1D(2, 3, name="conv_lstm1d")
    layers = [keras.Input((5, 4, 1)), images, L.Reshape((2, 2)), L.LSTM(3)]
    keras.Sequential(layers).save(folder / "conv-lstm.keras")
    file = h5py.File(folder / "cycle.h5", "w")
    group = file.create_group("a")
    group["a"] = group
    file.close()
    with h5py.File(folder / "link.h5", "w") as file:
        file["elsewhere"] = h5py.ExternalLink("/etc/passwd", "/")
    with h5py.File(folder / "latest.h5", "w", libver="latest") as file:
        file.attrs["layer_names"] = [b"lstm"]
        file.create_dataset("lstm/kernel", data=floats(2, 3))


CASES = [
    functional_mask,
    stacked_norms,
    masked_sequences,
    masked_bidirectional_last,
    masked_backwards,
    activations,
    cells,
    backward_of_another_size,
    keras2_functional,
    keras2_cudnn,
    more_activations,
    keras2_cudnn_gru,
]


def tensor(values):
    return {"shape": list(values.shape), "data": np.asarray(values, "float64").ravel().tolist()}


def main(root):
    for number, make in enumerate(CASES):
        keras.utils.set_random_seed(number)
        model, x, *writer = make()
        for weight in model.weights:
            spread = random.normal(0, 0.4, weight.shape)
            is_variance = "variance" in weight.path
            if weight.dtype == "float32":
                weight.assign(np.exp(spread) if is_variance else spread)
        folder = pathlib.Path(root) / ("keras-extra-" + make.__name__.replace("_", "-"))
        folder.mkdir(parents=True, exist_ok=True)
        files = ["model.h5"] if writer else ["model.keras", "model.h5"]
        for file in files:
            (writer[0] if writer else model.save)(folder / file)
        case = {
            "note": "Keras " + keras.__version__,
            "files": files,
            "inputs": {"x": tensor(x)},
            "expected": {"y": tensor(np.asarray(model(x, training=False)))},
            "tolerance": 1e-5,
        }
        (folder / "case.json").write_text(json.dumps(case) + "\n")
    refused(pathlib.Path(root).parent / "refused" / "keras")


if __name__ == "__main__":
    main(sys.argv[1])

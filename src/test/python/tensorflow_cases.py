"""Checkpoints of TensorFlow 1's cells, of Keras and of saved models. Needs tensorflow."""

import pathlib
import shutil
import tarfile
import tempfile
import zipfile

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.keras.layers.legacy_rnn import rnn_cell_impl as cells
from tensorflow.python.ops import rnn

from cases import folder, write

v1 = tf.compat.v1


def numbers(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def stack(states):
    """(c, h) pairs as [cells, batch, size]."""
    return np.stack([s[0] for s in states]), np.stack([s[1] for s in states])


def saved_graph(name, build, inputs, optimizer=False, sharded=False):
    """Builds a graph with random variables, saves a checkpoint of it and runs it."""
    path = folder(name)
    with tf.Graph().as_default(), v1.Session() as session:
        v1.set_random_seed(11)
        v1.get_variable_scope().set_initializer(v1.random_normal_initializer(stddev=0.4, seed=12))
        fetches = build({key: tf.constant(value) for key, value in inputs.items()})
        if optimizer:
            step = v1.train.get_or_create_global_step()
            v1.train.AdamOptimizer().minimize(tf.reduce_sum(fetches["y"]), global_step=step)
        session.run(v1.global_variables_initializer())
        session.run([v.assign(np.random.default_rng(i).normal(0, 0.4, v.shape))
                     for i, v in enumerate(v1.trainable_variables())])
        v1.train.Saver(sharded=sharded).save(
            session, str(path / "model.ckpt"), write_meta_graph=False, write_state=False)
        result = session.run(fetches)
        variables = [v.op.name for v in v1.global_variables()]
        trained = {v.op.name for v in v1.trainable_variables()}
    files = sorted(p.name for p in path.iterdir() if ".ckpt." in p.name)
    return path, files, result, sorted(set(variables) - trained)


def projection():
    def build(given):
        cell = cells.MultiRNNCell([
            cells.LSTMCell(5, use_peepholes=True, num_proj=3, proj_clip=0.3, cell_clip=0.7),
            cells.LSTMCell(4, use_peepholes=True, num_proj=2, proj_clip=0.3, cell_clip=0.7)])
        y, states = rnn.dynamic_rnn(cell, given["x"], given["lengths"], dtype=tf.float32)
        unmasked, _ = rnn.dynamic_rnn(cell, given["x"], dtype=tf.float32)
        return {"y": unmasked, "y_lengths": y,
                "h_lengths": tf.concat([tf.reshape(s[1], [-1]) for s in states], 0),
                "c_lengths": tf.concat([tf.reshape(s[0], [-1]) for s in states], 0)}

    inputs = {"x": numbers(1, 3, 4, 2), "lengths": np.array([4, 2, 1], np.int32)}
    path, files, result, _ = saved_graph("tf1-x-projection", build, inputs)
    write(path.name, "MultiRNNCell of LSTMCell with peepholes, projection and both clips", files,
          {"cell_clip": 0.7, "proj_clip": 0.3, "use_peepholes": True, "num_layers": 2,
           "proj_size": 3}, inputs, result)


def bidirectional():
    def build(given):
        embedding = v1.get_variable("embedding", [9, 3])
        x = tf.nn.embedding_lookup(embedding, given["ids"])
        y, states = rnn.bidirectional_dynamic_rnn(
            cells.LSTMCell(4, forget_bias=0.5), cells.LSTMCell(4, forget_bias=0.5), x,
            dtype=tf.float32)
        y = tf.concat(y, -1)
        kernel = v1.get_variable("dense/kernel", [8, 5])
        bias = v1.get_variable("dense/bias", [5])
        return {"y": tf.tensordot(y, kernel, 1) + bias,
                "h": tf.stack([s[1] for s in states]), "c": tf.stack([s[0] for s in states])}

    inputs = {"ids": np.array([[1, 0, 8], [3, 3, 2]], np.int64)}
    path, files, result, unused = saved_graph(
        "tf1-x-bidirectional", build, inputs, optimizer=True)
    write(path.name, "embedding, bidirectional_dynamic_rnn, dense; Adam's slots beside them", files,
          {"forget_bias": 0.5, "bidirectional": True, "vocab": 9, "out": 5}, inputs, result, unused)


def stacked_bidirectional():
    """The scopes of tf.contrib.rnn.stack_bidirectional_dynamic_rnn."""
    def build(given):
        y, states = given["x"], []
        with v1.variable_scope("stack_bidirectional_rnn"):
            for k in range(2):
                with v1.variable_scope("cell_%d" % k):
                    y, pair = rnn.bidirectional_dynamic_rnn(
                        cells.BasicLSTMCell(3), cells.BasicLSTMCell(3), y, dtype=tf.float32)
                    y = tf.concat(y, -1)
                    states += pair
        return {"y": y, "h": tf.stack([s[1] for s in states]),
                "c": tf.stack([s[0] for s in states])}

    inputs = {"x": numbers(3, 2, 3, 4)}
    path, files, result, _ = saved_graph(
        "tf1-x-stacked-bidirectional", build, inputs, sharded=True)
    write(path.name, "two layers of both directions; sharded", files,
          {"num_layers": 2, "bidirectional": True}, inputs, result)


def block():
    """TensorFlow's own kernel of LSTMBlockFusedCell, with the variables that it made."""
    def build(given):
        x = tf.transpose(given["x"], [1, 0, 2])
        with v1.variable_scope("rnn/lstm_fused_cell"):
            kernel = v1.get_variable("kernel", [3 + 4, 16])
            bias = v1.get_variable("bias", [16])
            peepholes = [v1.get_variable("w_%s_diag" % gate, [4]) for gate in "ifo"]
        zero = tf.zeros([2, 4])
        _, cs, _, _, _, _, h = tf.raw_ops.BlockLSTM(
            seq_len_max=tf.constant(5, tf.int64), x=x, cs_prev=zero, h_prev=zero, w=kernel,
            wci=peepholes[0], wcf=peepholes[1], wco=peepholes[2], b=bias, forget_bias=1.0,
            cell_clip=-1.0, use_peephole=True)
        return {"y": tf.transpose(h, [1, 0, 2]), "h": h[-1:], "c": cs[-1:]}

    inputs = {"x": numbers(5, 2, 5, 3)}
    path, files, result, _ = saved_graph("tf1-x-block", build, inputs)
    write(path.name, "LSTMBlockFusedCell: the op BlockLSTM", files, {"use_peepholes": True},
          inputs, result)


def cudnn():
    """The names and the layout in which CudnnLSTM's saver writes: BasicLSTMCell without a bias."""
    def build(given):
        with v1.variable_scope("cudnn_lstm"):
            cell = cells.MultiRNNCell([
                cells.BasicLSTMCell(3, forget_bias=0.0, name="cudnn_compatible_lstm_cell")
                for _ in range(2)])
            y, states = rnn.dynamic_rnn(cell, given["x"], dtype=tf.float32)
        return {"y": y, "h": tf.stack([s[1] for s in states]),
                "c": tf.stack([s[0] for s in states])}

    inputs = {"x": numbers(6, 1, 4, 2)}
    path, files, result, _ = saved_graph("tf1-x-cudnn", build, inputs)
    write(path.name, "cudnn_compatible_lstm_cell: forget bias 0", files, {"num_layers": 2},
          inputs, result)


def keras_checkpoint():
    """Keras 3 gives TensorFlow numbers for names; the names are in the object graph."""
    keras.utils.set_random_seed(13)
    lstm, both = keras.layers.LSTM, keras.layers.Bidirectional
    model = keras.Sequential([
        keras.layers.Input((None,), dtype="int32"),
        keras.layers.Embedding(9, 3),
        lstm(4, return_sequences=True, use_bias=False),
        both(lstm(5, return_sequences=True)),
        keras.layers.Dense(2, activation="sigmoid")])
    model.compile("adam", "mse")
    ids = np.array([[1, 2, 0, 7], [5, 5, 8, 3]], np.int32)
    model.fit(ids, np.zeros((2, 4, 2)), verbose=0)
    model.build((None, None))
    path = folder("tf2-x-keras")
    config = {"head_activation": "sigmoid", "vocab": 9, "out": 2}
    with tempfile.TemporaryDirectory() as temporary:
        root = pathlib.Path(temporary)
        tf.train.Checkpoint(model).write(str(root / "ckpt" / "model"))
        with tarfile.open(path / "model.tar.gz", "w:gz") as tar:
            tar.add(root / "ckpt", "ckpt")
        with zipfile.ZipFile(path / "model.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted((root / "ckpt").iterdir()):
                archive.write(file, "ckpt/" + file.name)
        model.export(root / "saved", verbose=False)
        shutil.make_archive(str(path / "saved-model"), "tar", root / "saved", "variables")
    unused = ["optimizer/", "adam/", "_all_variables/", "seed_generator"]
    write(path.name, "Keras 3 in a TensorFlow 2 checkpoint, and in a saved model",
          ["model.tar.gz", "model.zip", "saved-model.tar"], config, {"ids": ids},
          {"y": model(ids)}, unused)


class Cell(tf.Module):
    """Keras 2's layers, as TensorFlow 2 checkpoints them: attributes of objects."""

    def __init__(self, layer):
        super().__init__()
        source = layer.cell if hasattr(layer, "cell") else layer
        self.kernel = tf.Variable(source.kernel, name="kernel")
        self.recurrent_kernel = tf.Variable(source.recurrent_kernel)
        self.bias = tf.Variable(source.bias)


def keras_objects():
    keras.utils.set_random_seed(14)
    model = keras.Sequential([
        keras.layers.Input((None, 3)),
        keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True), merge_mode="sum"),
        keras.layers.LSTM(4, return_sequences=True),
        keras.layers.Dense(3)])
    root = tf.Module()
    parts = []
    for layer in model.layers:
        part = tf.Module()
        if isinstance(layer, keras.layers.Bidirectional):
            part.forward_layer, part.backward_layer = tf.Module(), tf.Module()
            part.forward_layer.cell = Cell(layer.forward_layer)
            part.backward_layer.cell = Cell(layer.backward_layer)
        elif isinstance(layer, keras.layers.LSTM):
            part.cell = Cell(layer)
        else:
            part.kernel, part.bias = tf.Variable(layer.kernel), tf.Variable(layer.bias)
        setattr(root, "layer_with_weights-%d" % len(parts), part)
        parts.append(part)
    path = folder("tf2-x-objects")
    tf.train.Checkpoint(root).write(str(path / "model.ckpt"))
    x = numbers(7, 2, 3, 3)
    write(path.name, "layer_with_weights-k/cell/kernel, i f g o",
          sorted(p.name for p in path.iterdir() if ".ckpt." in p.name),
          {"bidirectional_merge": "sum", "num_layers": 2}, {"x": x}, {"y": model(x)})


if __name__ == "__main__":
    projection()
    bidirectional()
    stacked_bidirectional()
    block()
    cudnn()
    keras_checkpoint()
    keras_objects()

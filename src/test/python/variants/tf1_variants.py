"""Random cells of TensorFlow 1, as checkpoints, archives, npz and safetensors of their variables."""

import io
import os
import pathlib
import tarfile
import tempfile
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import safetensors.numpy
import tensorflow as tf
from tensorflow.python.keras.layers.legacy_rnn import rnn_cell_impl as cells
from tensorflow.python.ops import rnn

from serving import Case, main

v1 = tf.compat.v1


def pick(rng, *values):
    return values[rng.integers(len(values))]


def size(rng, most):
    return int(pick(rng, 1, 2, 3, int(rng.integers(1, most + 1)), int(rng.integers(1, most + 1))))


def packed(variables, path, kind):
    """The files of a model: name to bytes."""
    parts = {p.name: p.read_bytes() for p in sorted(path.iterdir())}
    out = io.BytesIO()
    if kind == "npz":
        np.savez(out, **variables)
        return {"model.npz": out.getvalue()}
    if kind == "safetensors":
        return {"model.safetensors": safetensors.numpy.save({k: np.ascontiguousarray(v) for k, v in variables.items()})}
    if kind == "ckpt":
        return {n: d for n, d in parts.items() if ".ckpt" in n and not n.endswith(".meta")}
    if kind == "ckpt with meta":
        return {n: d for n, d in parts.items() if n != "checkpoint"}
    if kind == "zip":
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in parts.items():
                archive.writestr("model/" + name, data)
        return {"model.zip": out.getvalue()}
    with tarfile.open(fileobj=out, mode="w:gz" if kind == "tar.gz" else "w") as tar:
        for name, data in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return {"model." + kind: out.getvalue()}


def make(rng, number):
    batch, time, inputs = size(rng, 6), size(rng, 9), size(rng, 20)
    layers = int(rng.integers(1, 4))
    kind = pick(rng, "basic", "basic", "lstm", "lstm", "gru", "gru", "rnn")
    is_lstm = kind in ("basic", "lstm")
    both = rng.random() < 0.25
    stacked = both and layers > 1
    forget_bias = float(pick(rng, 1.0, 1.0, 0.0, 0.5, 2.5))
    options = {}
    if kind == "lstm":
        if rng.random() < 0.4:
            options["use_peepholes"] = True
        if rng.random() < 0.4:
            options["cell_clip"] = float(pick(rng, 0.5, 1.0, 0.1))
        if rng.random() < 0.35:
            options["num_proj"] = size(rng, 7)
            if rng.random() < 0.5:
                options["proj_clip"] = 0.3
    activation = pick(rng, None, None, None, "relu", "sigmoid")
    hidden = size(rng, 24)
    equal = rng.random() < 0.6 or both
    sizes = [hidden if equal else size(rng, 24) for _ in range(layers)]
    width = options.get("num_proj")
    embed, dense = rng.random() < 0.2, rng.random() < 0.25
    lengths = rng.integers(0, time + 1, batch).astype("int32") if rng.random() < 0.35 else None
    states = rng.random() < 0.6 and not both
    x = rng.normal(size=(batch, time, inputs)).astype("float32")
    ids = rng.integers(0, 7, (batch, time)).astype("int32")
    shapes = [(batch, s, width or s) for s in sizes]
    c0 = [rng.normal(size=(b, s)).astype("float32") for b, s, _ in shapes]
    h0 = [rng.normal(size=(b, w)).astype("float32") for b, _, w in shapes]
    scope = pick(rng, None, "encoder", "model/lm")

    def cell(units):
        kwargs = {"activation": activation} if activation else {}
        if not is_lstm:
            return (cells.GRUCell if kind == "gru" else cells.BasicRNNCell)(units, **kwargs)
        if kind == "basic":
            return cells.BasicLSTMCell(units, forget_bias=forget_bias, **kwargs)
        return cells.LSTMCell(units, forget_bias=forget_bias, **kwargs, **options)

    def multi(units):
        made = [cell(u) for u in units]
        return made[0] if len(made) == 1 and not listed else cells.MultiRNNCell(made)

    listed = rng.random() < 0.3
    fetches = {}
    with tempfile.TemporaryDirectory() as folder, tf.Graph().as_default(), v1.Session() as session:
        path = pathlib.Path(folder)
        with v1.variable_scope(scope) if scope else v1.variable_scope(v1.get_variable_scope()):
            given = tf.constant(x)
            if embed:
                given = tf.nn.embedding_lookup(v1.get_variable("embedding", [7, inputs]), tf.constant(ids))
            if both and not stacked:
                y, s = rnn.bidirectional_dynamic_rnn(cell(hidden), cell(hidden), given, lengths, dtype=tf.float32)
                y, pairs = tf.concat(y, -1), list(s)
            elif both:
                y, pairs = given, []
                with v1.variable_scope("stack_bidirectional_rnn"):
                    for k in range(layers):
                        with v1.variable_scope("cell_%d" % k):
                            y, s = rnn.bidirectional_dynamic_rnn(cell(hidden), cell(hidden), y, lengths, dtype=tf.float32)
                            y, pairs = tf.concat(y, -1), pairs + list(s)
            else:
                whole = multi(sizes)
                start = None
                if states:
                    start = tuple(
                        cells.LSTMStateTuple(tf.constant(c), tf.constant(h)) if is_lstm else tf.constant(h)
                        for c, h in zip(c0, h0))
                    start = start[0] if len(sizes) == 1 and not listed else start
                y, s = rnn.dynamic_rnn(whole, given, lengths, start, dtype=tf.float32)
                pairs = [s] if len(sizes) == 1 and not listed else list(s)
            if dense:
                out = size(rng, 6)
                kernel = v1.get_variable("dense/kernel", [int(y.shape[-1]), out])
                y = tf.tensordot(y, kernel, 1) + v1.get_variable("dense/bias", [out])
        if rng.random() < 0.3:
            v1.train.AdamOptimizer().minimize(tf.reduce_sum(y), global_step=v1.train.get_or_create_global_step())
        session.run(v1.global_variables_initializer())
        session.run([v.assign(rng.normal(0, 0.4, v.shape)) for v in v1.trainable_variables()])
        sharded = bool(rng.random() < 0.2)
        v1.train.Saver(sharded=sharded).save(session, str(path / "model.ckpt"), global_step=pick(rng, None, 1234))
        y, pairs = session.run([y, pairs])
        variables = {v.op.name: session.run(v) for v in v1.trainable_variables()}
        files = {k: packed(variables, path, k) for k in
                 {pick(rng, "npz", "safetensors", "ckpt", "ckpt with meta"), pick(rng, "zip", "tar", "tar.gz", "ckpt")}}
    if not is_lstm:
        pairs = [(h, h) for h in pairs]
    uniform = len({tuple(p[0].shape) for p in pairs}) == 1 and len({tuple(p[1].shape) for p in pairs}) == 1
    config = {"cell_clip": options.get("cell_clip"),
              "use_peepholes": options.get("use_peepholes", False), "num_layers": layers, "hidden_size": sizes[0]}
    if is_lstm:
        config["forget_bias"] = forget_bias
    if not embed:
        config["input_size"] = inputs
    if "proj_clip" in options:
        config["proj_clip"] = options["proj_clip"]
    if activation:
        config["activation"] = activation
    case = dict(config=config, lengths=lengths, tolerance=2e-5, unused="Adam|beta|global_step")
    if both:
        config["bidirectional"] = True
    if states and uniform:
        case.update(h=np.stack(h0), c=np.stack(c0) if is_lstm else None)
    if dense and lengths is not None:
        # Past its end a row is the head's answer to zeros there, zero here.
        y = np.where(np.arange(time)[None, :, None] < lengths[:, None, None], y, 0)
    expected = {"output": y}
    if uniform:
        expected["h"] = np.stack([p[1] for p in pairs])
        if is_lstm:
            expected["c"] = np.stack([p[0] for p in pairs])
    if states and not uniform:
        return
    for name, parts in files.items():
        yield Case(f"{number} {name} {kind} {sizes} {options} both={both} listed={listed} embed={embed} dense={dense} {scope} {list(parts)}",
                   parts, ids if embed else x, expected, **case)


def generate(rng, count):
    for number in range(count):
        yield from make(rng, number)


main(generate)
